import { describe, expect, test } from "vitest";
import { DEFAULT_MAX_ERRORS, Guard, type MaxErrors } from "../../src/broadcast/guard.ts";

/** Feeds outcomes until the guard wants to stop: after how many it does, and why. */
function feed(maxErrors: MaxErrors, isError: (n: number) => boolean, limit = 10_000) {
  const guard = new Guard(maxErrors);
  for (let n = 1; n <= limit; n++) {
    const why = guard.seeOutcome(isError(n), !isError(n));
    if (why) return { after: n, why };
  }
  return undefined;
}

describe("--max-errors as a count", () => {
  test("lets that many through and stops at the next", () => {
    expect(feed({ count: 3 }, () => true)).toEqual({ after: 4, why: "4 errors, more than --max-errors 3" });
  });

  test("0 stops at the first", () => {
    expect(feed({ count: 0 }, (n) => n === 7)?.after).toBe(7);
  });

  test("counts over the whole run, however thin the errors are", () => {
    expect(feed({ count: 10 }, (n) => n % 600 === 0)?.after).toBe(6600);
  });
});

describe("--max-errors as a share", () => {
  test("needs 50 errors to judge", () => {
    expect(feed(DEFAULT_MAX_ERRORS, () => true)?.after).toBe(50);
    expect(feed(DEFAULT_MAX_ERRORS, (n) => n <= 49)).toBeUndefined();
  });

  test("is exceeded, not met: a fifth of the last 500 is let through", () => {
    expect(feed(DEFAULT_MAX_ERRORS, (n) => n % 5 === 0)).toBeUndefined();
    expect(feed({ share: 0.19 }, (n) => n % 5 === 0)?.why).toContain("more than --max-errors 19%");
  });

  test("looks at the last 500 only, so an old success does not cover new trouble", () => {
    const stopped = feed(DEFAULT_MAX_ERRORS, (n) => n > 5000);
    expect(stopped?.after).toBe(5101);
    expect(stopped?.why).toBe("101 errors in the last 500 recipients, more than --max-errors 20%");
  });

  test("forgets trouble that is over", () => {
    // 90 errors, then none for 500, then 90 again: never more than 100 in a window.
    expect(feed(DEFAULT_MAX_ERRORS, (n) => n % 600 < 90 && n > 600)).toBeUndefined();
  });

  test("100% never stops", () => {
    expect(feed({ share: 1 }, () => true)).toBeUndefined();
  });
});

describe("errcodes that nobody knows", () => {
  const seeTimes = (guard: Guard, times: number) =>
    Array.from({ length: times }, () => guard.seeUnlisted(99999)).findIndex(Boolean);

  test("stop the run at 20 in a row", () => {
    expect(seeTimes(new Guard(DEFAULT_MAX_ERRORS), 30)).toBe(19);
  });

  test("start anew after a success", () => {
    const guard = new Guard(DEFAULT_MAX_ERRORS);
    expect(seeTimes(guard, 19)).toBe(-1);
    guard.seeOutcome(false, true);
    expect(seeTimes(guard, 19)).toBe(-1);
    expect(guard.seeUnlisted(99999)).toContain("unknown errcode 99999: returned 20 times in a row");
  });

  test("start anew after a message that was accepted, before its outcome is settled", () => {
    const guard = new Guard(DEFAULT_MAX_ERRORS);
    expect(seeTimes(guard, 19)).toBe(-1);
    expect(guard.seeAccepted()).toBeUndefined();
    expect(seeTimes(guard, 19)).toBe(-1);
  });

  test("are not interrupted by an outcome that is no success", () => {
    const guard = new Guard(DEFAULT_MAX_ERRORS);
    expect(seeTimes(guard, 19)).toBe(-1);
    guard.seeOutcome(false, false);
    expect(guard.seeUnlisted(99999)).toBeDefined();
  });
});

describe("codes that are refused before any was accepted", () => {
  const feedCodes = (isRefused: (n: number) => boolean, limit = 2000) => {
    const guard = new Guard(DEFAULT_MAX_ERRORS);
    for (let n = 1; n <= limit; n++)
      if (isRefused(n) ? guard.seeRefusedCode(41028) : guard.seeAnswer()) return n;
    return undefined;
  };

  test("stop the run when it is nearly all of 50 or more", () => {
    expect(feedCodes(() => true)).toBe(50);
    expect(feedCodes((n) => n % 40 !== 0)).toBe(51);
  });

  test("are let through when other answers are among them", () => {
    expect(feedCodes((n) => n % 10 !== 0)).toBeUndefined();
  });
});

describe("openIds that the API calls invalid", () => {
  const feedUsers = (isInvalid: (n: number) => boolean, limit = 2000) => {
    const guard = new Guard(DEFAULT_MAX_ERRORS);
    for (let n = 1; n <= limit; n++)
      if (isInvalid(n) ? guard.seeUnknownUser(40003) : guard.seeAnswer()) return n;
    return undefined;
  };

  test("stop the run when it is nearly all of 50 or more: they belong to another appid", () => {
    expect(feedUsers(() => true)).toBe(50);
    expect(feedUsers((n) => n % 40 !== 0)).toBe(51);
  });

  test("are let through when they are some of many", () => {
    expect(feedUsers((n) => n % 10 !== 0)).toBeUndefined();
  });
});
