/**
 * `<push-button>`: a submit button in a form of its own with `report-submit`, because a tap yields a code only there, and a
 * button with a form-type belongs to the form of its own component (vendor's documentation of form and button).
 *
 * The tap event is the button's own: it bubbles out of the component, so `bindtap` on `<push-button>` receives it once, with
 * or without a code, and with the gesture that wx.requestSubscribeMessage requires. An event of our own named "tap" would be
 * a second one.
 */
import { getCollector } from "../index.ts";

/** What the component needs from a collector. */
interface CodeTaker {
  add(formId: string): void;
}

interface Instance {
  data: { collector?: CodeTaker | null };
  triggerEvent(name: string, detail?: unknown): void;
}

interface PlatformEvent {
  type: string;
  detail?: { formId?: unknown };
}

interface Definition {
  options: object;
  externalClasses: string[];
  properties: object;
  methods: object & ThisType<Instance>;
}

declare function Component(definition: Definition): void;
declare function getApp(): { pushCollector?: CodeTaker } | undefined;

Component({
  options: {
    // The button takes part in the page's layout itself (library 2.11.2 and later; in earlier ones and elsewhere, :host
    // provides this).
    virtualHost: true,
    // hover-class and `class` refer to classes of the page.
    styleIsolation: "apply-shared",
  },
  externalClasses: ["class", "push-class"],
  properties: {
    /** Overrides the one that the app has set. */
    collector: null,
    /** A virtual host has no style: it is passed to the button. */
    style: String,
    /** Reaches `onShareAppMessage` as `target.dataset.detail`: there, the target is the inner button. */
    dataset: null,
    size: { type: String, value: "default" },
    type: { type: String, value: "default" },
    plain: Boolean,
    disabled: Boolean,
    loading: Boolean,
    hoverClass: { type: String, value: "button-hover" },
    hoverStopPropagation: Boolean,
    hoverStartTime: { type: Number, value: 20 },
    hoverStayTime: { type: Number, value: 70 },
    ariaLabel: String,
    openType: String,
    lang: { type: String, value: "en" },
    sessionFrom: String,
    sendMessageTitle: String,
    sendMessagePath: String,
    sendMessageImg: String,
    showMessageCard: Boolean,
    appParameter: String,
    /** Milliseconds to wait for the platform to confirm that the code is valid; 0, the platform's default, doesn't wait. */
    reportSubmitTimeout: { type: Number, value: 0 },
  },
  methods: {
    collect(event: PlatformEvent) {
      const formId = event?.detail?.formId;
      // The developer tools return an empty one, and so does a platform without template messages.
      if (typeof formId !== "string" || formId === "") return;
      keep(formId, this.data.collector);
      this.triggerEvent("collect", { formId });
    },
    /** Events of an open-type do not bubble. */
    forward(event: PlatformEvent) {
      this.triggerEvent(event.type, event.detail);
    },
    /** Swallows the tap of a disabled button. */
    swallow() {},
  },
});

/** A button has to work whatever happens to the code. */
function keep(formId: string, own: CodeTaker | null | undefined): void {
  try {
    (own || getCollector() || getApp()?.pushCollector)?.add(formId);
  } catch {
    // A collector reports its own problems by onProblem; one that throws nevertheless is not ours.
  }
}
