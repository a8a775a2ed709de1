/**
 * A mini program that collects push codes at its buttons and asks for consents.
 *
 * 1. Copy this folder. In the copy: `npm install`, or `npm install <path>/push-cli-0.1.0.tgz` for a package that you have built.
 * 2. Open the copy in the developer tools, with your own appid instead of `touristappid`, and choose Tools > Build npm.
 * 3. In config.js: the address of your `push-cli collector`, and the ids of your templates.
 *
 * The developer tools give no codes (formId is empty or a mock one): codes come from a phone ("Preview").
 */
const { createCollector, setCollector } = require("push-cli");
const config = require("./config");

App({
  onLaunch() {
    const collector = createCollector({
      url: config.collectorUrl,
      // Nothing of the collector ever throws into the app: this is where it says what went wrong.
      onProblem: (problem) => console.warn("push-cli:", problem.what, problem.detail),
    });
    setCollector(collector);
    this.collector = collector;
    // Requests of the app take the codes along.
    this.request = collector.wrapRequest(wx.request);
  },

  onShow() {
    // What the last visit could not report.
    this.collector.flush();
  },
});
