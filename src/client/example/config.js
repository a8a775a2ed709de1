module.exports = {
  /** Of your `push-cli collector`. On a phone it must be https, and one of the request domains in the platform's console. */
  collectorUrl: "http://127.0.0.1:8787",
  /** Templates of one-time messages that a user can consent to. At most five are asked for in one prompt. */
  templateIds: ["template-id-from-the-console"],
};
