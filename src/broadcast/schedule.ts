/** When a broadcast may send. Kept in its record for all of its runs. */
export interface Schedule {
  /** Not before this time, epoch ms. Until then its status is `scheduled`. */
  atMs?: number | undefined;
  /** Not after this time, epoch ms. */
  untilMs?: number | undefined;
  /** Not in these hours of any day. */
  quietHours?: QuietHours | undefined;
}

/** Hours of the day in which nothing is sent, over midnight if the end is before the beginning. */
export interface QuietHours {
  /** Minutes since midnight in `timeZone`. */
  from: number;
  to: number;
  /** IANA name, such as Asia/Shanghai. */
  timeZone: string;
}
