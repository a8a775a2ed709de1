import { broadcastResult } from "./broadcast.ts";
import * as s from "./define.ts";

const own = s.object(
  {
    event: s.oneOf(["broadcast.ended"], "What happened."),
    eventId: s.text("The same in each attempt to deliver it, and in no other notification."),
    sentAt: s.time("When it was made, before the first attempt to deliver it."),
  },
  "What is posted to a webhook at the end of a broadcast.",
);

/** What `--notify` posts with the format `json`: the document of the broadcast, and what happened. */
export const notification: s.Schema = {
  ...own,
  properties: { ...own.properties, ...broadcastResult.properties },
  required: [...(own.required ?? []), ...(broadcastResult.required ?? [])],
};
