const config = require("../../config");

Page({
  data: { orders: 0, pending: { codes: 0, reports: 0 }, answer: "" },

  onShow() {
    this.showPending();
  },

  /** The tap of the button, as of any other; its code is on the way to the collector by itself. */
  order() {
    this.setData({ orders: this.data.orders + 1 });
  },

  /** Straight in the tap's handler: after a timer or an answer of your own, the platform takes the prompt for unasked. */
  ask() {
    getApp()
      .collector.askConsents(config.templateIds)
      .then(({ accepted, refused, failed }) => {
        const why = [...refused, ...failed].map((one) => one.why);
        this.setData({ answer: [`accepted: ${accepted.length}`, ...why].join("; ") });
        this.showPending();
      });
  },

  showPending() {
    this.setData({ pending: getApp().collector.pending() });
  },
});
