import * as s from "./define.ts";

/** `broadcast report`, once the page is written. */
export const reportWritten = s.object(
  {
    broadcastId: s.text("The id of the broadcast."),
    path: s.text("The file that was written."),
    bytes: s.count("Its size."),
    takenAt: s.time("The time whose state it shows."),
  },
  "That a report was written.",
);
