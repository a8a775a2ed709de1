import { describe, expect, it } from "vitest";
import { plainEntry } from "../helpers/redis.ts";
import { useTestRedis } from "../helpers/use-redis.ts";
import { JAVA_ENTRY, READABLE } from "../pool/forms.ts";
import { JAVA_READABLE, javaEntryAt } from "../pool/java/forms.ts";
import { FAR, MS_TEXT } from "./seed.ts";

const redis = useTestRedis();

function ledger(runId = "r") {
  return redis.open.stores.ledger({ broadcastId: "b", runId });
}

async function claimAndRelease(meanwhile: () => Promise<unknown> = async () => undefined): Promise<void> {
  expect(await ledger().claim(["u"])).toMatchObject([{ status: "claimed" }]);
  await meanwhile();
  expect(await ledger().release(["u"])).toEqual([true]);
}

/** Every form that has a valid code now: the table's times are of 2019. */
const FORMS = [
  ...READABLE.map(
    ([name, bytes]) =>
      [name, bytes.replaceAll(MS_TEXT, "4102444").replaceAll("1.568E12", "4.102444E12")] as const,
  ).filter(([name]) => !name.includes("long ago")),
  ...JAVA_READABLE.map(([name]) => [`Java: ${name}`, javaEntryAt(name, 2_000_000_000_000)] as const),
];

describe.each(FORMS)("%s", (_, bytes) => {
  it("is back byte for byte after a claim and a release", async () => {
    await redis.push("u", bytes);
    await claimAndRelease();
    expect(await redis.entries("u")).toEqual([bytes]);
  });

  it("is back at its place in a longer pool, or at the left", async () => {
    await redis.push("u", JAVA_ENTRY, bytes, plainEntry("later", FAR));
    await claimAndRelease();
    const pool = await redis.entries("u");
    expect([
      [JAVA_ENTRY, bytes],
      [bytes, JAVA_ENTRY],
    ]).toContainEqual(pool.slice(0, 2));
    expect(pool.slice(2)).toEqual([plainEntry("later", FAR)]);
  });
});

const LIST = `[${["a", "b", "c"].map((id) => plainEntry(id, FAR)).join(", ")}]`;
const only = (...ids: string[]) => `[${ids.map((id) => plainEntry(id, FAR)).join(", ")}]`;

describe("a code out of a whole list", () => {
  it("leaves the others in the list's form", async () => {
    await redis.push("u", LIST);
    await ledger().claim(["u"]);
    expect(await redis.entries("u")).toEqual([only("b", "c")]);
    await ledger("r").next("u", "a", 41029);
    expect(await redis.entries("u")).toEqual([only("c")]);
    await ledger("r").next("u", "b", 41029);
    expect(await redis.entries("u")).toEqual([]);
  });

  it("is back in the list though the backend pushed meanwhile", async () => {
    await redis.push("u", LIST);
    await claimAndRelease(() => redis.push("u", plainEntry("new", FAR)));
    expect(await redis.entries("u")).toEqual([LIST, plainEntry("new", FAR)]);
  });

  it("is back in a list of its own, at the left, when the rest was claimed from meanwhile", async () => {
    await redis.push("u", LIST);
    await claimAndRelease(() => redis.open.stores.ledger({ broadcastId: "b2", runId: "r2" }).claim(["u"]));
    expect(await redis.entries("u")).toEqual([only("a"), only("c")]);
  });

  it("is back in the list when what was claimed from the rest is back, too", async () => {
    await redis.push("u", LIST);
    const other = redis.open.stores.ledger({ broadcastId: "b2", runId: "r2" });
    await claimAndRelease(async () => {
      await other.claim(["u"]);
      await other.release(["u"]);
    });
    expect(await redis.entries("u")).toEqual([LIST]);
  });

  it("is back in a list of its own when the pool is gone", async () => {
    await redis.push("u", LIST);
    await claimAndRelease(() => redis.client.del("mina:openid:u"));
    expect(await redis.entries("u")).toEqual([only("a")]);
  });
});

describe("one of several uses", () => {
  const entry = (uses: number) => `{"uses": ${uses} ,"formId":"p","expire":${FAR}}`;

  it("leaves the others", async () => {
    await redis.push("u", entry(3));
    await ledger().claim(["u"]);
    expect(await redis.entries("u")).toEqual([entry(2)]);
  });

  it("is back in the count, though the backend pushed meanwhile", async () => {
    await redis.push("u", entry(3));
    await claimAndRelease(() => redis.push("u", plainEntry("new", FAR)));
    expect(await redis.entries("u")).toEqual([entry(3), plainEntry("new", FAR)]);
  });

  it("is back as an entry of one use when another was claimed meanwhile", async () => {
    await redis.push("u", entry(3));
    await claimAndRelease(() => redis.open.stores.ledger({ broadcastId: "b2", runId: "r2" }).claim(["u"]));
    expect(await redis.entries("u")).toEqual([entry(1), entry(1)]);
  });

  it("goes with the others when the code is refused", async () => {
    await redis.push("u", entry(3), plainEntry("b", FAR));
    await ledger().claim(["u"]);
    expect(await ledger().next("u", "p", 41028)).toMatchObject({ formId: "b" });
    expect(await redis.entries("u")).toEqual([]);
  });
});

it("gives a pool no TTL by putting a code back, and a ledger none but its own", async () => {
  await redis.push("u", plainEntry("a", FAR));
  await claimAndRelease();
  expect(await redis.client.pttl("mina:openid:u")).toBe(-1);
  expect(await redis.client.exists("{mina:openid:u}:sends")).toBe(0);
});
