import { describe, expect, test } from "vitest";
import { plainEntry } from "../helpers/redis.ts";
import { broadcast, checkBooks, countCodes, giveUsers, outcomes, setFaults, useWorld } from "./world.ts";

const world = useWorld();

/** The error line of a --json run. */
const errorOf = (stderr: string) => JSON.parse(stderr.trimEnd().split("\n").at(-1)!).error;

describe("--max-errors", () => {
  test("as a count stops the run soon after: exit 9, what was not sent is back", async () => {
    await giveUsers(world, 400);
    setFaults(world, "unlisted:25");
    const result = await broadcast(world, ["--max-errors", "10", "--concurrency", "8", "--id", "b-1"]);
    expect(result.code).toBe(9);
    const document = await checkBooks(world, result, 400);
    expect(document.status).toBe("stopped");
    expect(document.reason).toBe("11 errors, more than --max-errors 10");
    expect(document.outcomes.failed).toBeGreaterThan(10);
    expect(document.outcomes.failed, "and what was in flight").toBeLessThan(11 + 8 + 1);
    expect(document.outcomes.sent).toBe(world.sandbox.stats().delivered);
    expect(await countCodes(world)).toBe(400 - document.codes.spent);
    expect(errorOf(result.stderr)).toMatchObject({ code: "stopped", message: document.reason });
    expect(errorOf(result.stderr).hint).toContain("push-cli broadcast resume b-1");
  });

  test("as a share needs 50 errors, and then stops", async () => {
    await giveUsers(world, 1000);
    setFaults(world, "unlisted:15");
    const result = await broadcast(world, ["--max-errors", "10%", "--concurrency", "8"]);
    expect(result.code).toBe(9);
    const document = await checkBooks(world, result, 1000);
    expect(document.outcomes.failed).toBeGreaterThanOrEqual(50);
    expect(document.outcomes.failed).toBeLessThan(110);
    expect(document.reason).toMatch(/errors in the last \d+ recipients, more than --max-errors 10%/);
  });

  test("that is not reached lets the run finish: exit 8", async () => {
    await giveUsers(world, 200);
    setFaults(world, "unlisted:10");
    const result = await broadcast(world, ["--max-errors", "150", "--concurrency", "8"]);
    expect(result.code).toBe(8);
    expect(await checkBooks(world, result, 200)).toMatchObject({ status: "finished", recipients: 200 });
  });

  test("does not count users who can't be messaged, or have no code", async () => {
    await giveUsers(world, 60, { prefix: "refused_" });
    await giveUsers(world, 20);
    for (let i = 0; i < 60; i++) await world.redis.push(`empty${i}`, "no code");
    const result = await broadcast(world, ["--max-errors", "0"]);
    expect(result.code, result.stderr).toBe(0);
    const document = await checkBooks(world, result, 80);
    expect(document.outcomes).toEqual(outcomes({ sent: 20, rejected: 60, no_code: 60 }));
  });
});

describe("codes that the API refuses (41028, 41029)", () => {
  test.each([41028, 41029])("all of them (%i): it stops, and every code is back", async (errcode) => {
    await giveUsers(world, 300, { codes: 2 });
    const before = await world.redis.pools();
    setFaults(world, `errcode-${errcode}:100`);
    const result = await broadcast(world, ["--concurrency", "16", "--id", "b-1"]);
    expect(result.code).toBe(9);
    const document = await checkBooks(world, result, 600);
    expect(document).toMatchObject({ status: "stopped", outcomes: outcomes({}), codes: { refused: 0 } });
    expect(document.reason).toContain("none accepted");
    expect(await world.redis.pools()).toEqual(before);
    expect(world.sandbox.stats().requests, "soon").toBeLessThan(50 + 2 * 16 + 2);
  });

  test("a few users, and nobody else: each goes on to the next code, and gets it", async () => {
    for (let i = 0; i < 30; i++) {
      await world.redis.push(`u${i}`, plainEntry(`stale-${i}`, Date.now() + 3_600_000));
    }
    await giveUsers(world, 30);
    const result = await broadcast(world);
    expect(result.code, result.stderr).toBe(0);
    const document = await checkBooks(world, result, 60);
    expect(document).toMatchObject({ outcomes: outcomes({ sent: 30 }), codes: { spent: 30, refused: 30 } });
  });

  test("five of one user in a row: failed, and the rest of the pool is left alone", async () => {
    await giveUsers(world, 20);
    const entries = Array.from({ length: 40 }, (_, i) => plainEntry(`odd-${i}`, Date.now() + 3_600_000));
    await world.redis.push("odd", ...entries);
    const result = await broadcast(world);
    expect(result.code).toBe(8);
    const document = await checkBooks(world, result, 60);
    expect(document).toMatchObject({
      outcomes: outcomes({ sent: 20, failed: 1 }),
      codes: { spent: 21, refused: 4 },
    });
    expect(await world.redis.entries("odd")).toEqual(entries.slice(5));
  });

  test("four of one user before a good one: sent", async () => {
    await giveUsers(world, 20);
    const stale = Array.from({ length: 4 }, (_, i) => plainEntry(`odd-${i}`, Date.now() + 3_600_000));
    await world.redis.client.lpush("mina:openid:u3", ...stale);
    const result = await broadcast(world);
    expect(result.code, result.stderr).toBe(0);
    const document = await checkBooks(world, result, 24);
    expect(document).toMatchObject({ outcomes: outcomes({ sent: 20 }), codes: { refused: 4 } });
  });
});

describe("openIds that are invalid (40003)", () => {
  test("all of them: another appid's pools. It stops, and every code is back", async () => {
    await giveUsers(world, 300, { prefix: "invalid_", codes: 2 });
    const before = await world.redis.pools();
    const result = await broadcast(world);
    expect(result.code).toBe(9);
    const document = await checkBooks(world, result, 600);
    expect(document).toMatchObject({ status: "stopped", outcomes: outcomes({}), codes: { spent: 0 } });
    expect(document.reason).toContain("another appid");
    expect(await world.redis.pools()).toEqual(before);
    expect(world.sandbox.stats().requests, "soon").toBeLessThan(200);
    expect(errorOf(result.stderr).hint).toContain("push-cli broadcast resume");
  });

  test("a few, and nobody else: rejected, codes back", async () => {
    await giveUsers(world, 30, { prefix: "invalid_" });
    const before = await world.redis.pools();
    const result = await broadcast(world);
    expect(result.code, result.stderr).toBe(0);
    expect(await checkBooks(world, result, 30)).toMatchObject({
      status: "finished",
      outcomes: outcomes({ rejected: 30 }),
      codes: { spent: 0, released: 30 },
    });
    expect(await world.redis.pools()).toEqual(before);
  });

  test.each([1, 4, 64])(
    "some among good ones: rejected, codes back (concurrency %i)",
    async (concurrency) => {
      await giveUsers(world, 100);
      await giveUsers(world, 40, { prefix: "invalid_", codes: 2 });
      const result = await broadcast(world, ["--concurrency", String(concurrency)]);
      expect(result.code, result.stderr).toBe(0);
      const document = await checkBooks(world, result, 180);
      expect(document.outcomes).toEqual(outcomes({ sent: 100, rejected: 40 }));
      expect(document.codes).toMatchObject({ spent: 100, released: 40 });
      for (let i = 0; i < 40; i++) expect(await world.redis.entries(`invalid_${i}`)).toHaveLength(2);
    },
  );

  test("many of them before the first good one don't hold the run up", async () => {
    await giveUsers(world, 45, { prefix: "invalid_" });
    await giveUsers(world, 3);
    const listed = [...Array.from({ length: 45 }, (_, i) => `invalid_${i}`), "u0", "u1", "u2"];
    const result = await broadcast(world, ["--concurrency", "2", "--to-file", "-"], {
      stdin: listed.join("\n"),
    });
    expect(result.code, result.stderr).toBe(0);
    expect((await checkBooks(world, result, 48)).outcomes).toEqual(outcomes({ sent: 3, rejected: 45 }));
  });

  test("with users who refuse and nobody who accepts, everybody is settled", async () => {
    await giveUsers(world, 80, { prefix: "invalid_" });
    await giveUsers(world, 20, { prefix: "refused_" });
    const listed = Array.from({ length: 20 }, (_, i) => [
      `refused_${i}`,
      ...Array.from({ length: 4 }, (_, j) => `invalid_${4 * i + j}`),
    ]).flat();
    const result = await broadcast(world, ["--concurrency", "4", "--to-file", "-"], {
      stdin: listed.join("\n"),
    });
    expect(result.code, result.stderr).toBe(0);
    const document = await checkBooks(world, result, 100);
    expect(document.outcomes).toEqual(outcomes({ rejected: 100 }));
    expect(document.codes).toMatchObject({ spent: 20, released: 80 });
  });
});
