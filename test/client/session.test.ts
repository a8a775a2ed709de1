import { expect, it } from "vitest";
import { DAY, useClientWorld } from "./world.ts";

const world = useClientWorld();
const pool = () => [...world.server.pool.keys()];

it("logs in once, and keeps the token over restarts until it expires", async () => {
  for (const id of ["a", "b"]) {
    const collector = world.open();
    collector.add(id);
    await collector.flush();
    await world.phone.settle();
  }
  expect(world.server.logins).toBe(1);
  world.nowMs += 3 * DAY;
  const collector = world.open();
  collector.add("c");
  await collector.flush();
  expect(world.server.logins).toBe(2);
  expect(pool()).toEqual(["a", "b", "c"]);
});

it("logs in once more when the token is refused", async () => {
  const collector = world.open();
  collector.add("a");
  await collector.flush();
  world.server.revoke();
  collector.add("b");
  await collector.flush();
  expect(world.server.logins).toBe(2);
  expect(pool()).toEqual(["a", "b"]);
  expect(world.problems).toEqual([]);
});

it("waits when the new token is refused too", async () => {
  const collector = world.open();
  collector.add("a");
  const refused = { path: "/codes", status: 401, body: { error: { code: "unauthorized", message: "No." } } };
  world.server.script = [refused, refused];
  await collector.flush();
  expect(world.server.logins).toBe(2);
  expect(collector.pending().codes).toBe(1);
  await world.pass(collector, 2000);
  expect(pool()).toEqual(["a"]);
  expect(world.server.logins).toBe(3);
});

it.each([365 * DAY, -365 * DAY])("lives with a clock that jumps by %i ms", async (jumpMs) => {
  const collector = world.open();
  collector.add("a");
  await collector.flush();
  world.nowMs += jumpMs;
  collector.add("b");
  await collector.flush();
  expect(pool()).toEqual(["a", "b"]);
  expect(world.server.logins).toBe(2);
});

it.each([
  [
    "the platform's login fails",
    () => {
      world.phone.loginFails = true;
    },
  ],
  [
    "the collector refuses the login",
    () => {
      world.server.script = [{ path: "/login", status: 401, body: { error: { code: "login_refused" } } }];
    },
  ],
  [
    "a portal answers the login",
    () => {
      world.server.script = [{ path: "/login", status: 200, body: "<html></html>" }];
    },
  ],
])("tries again later when %s", async (_, fail) => {
  const collector = world.open();
  collector.add("a");
  fail();
  await collector.flush();
  expect(pool()).toEqual([]);
  expect(world.told()).toEqual(["no_answer"]);
  world.phone.loginFails = false;
  await world.pass(collector, 2000);
  expect(pool()).toEqual(["a"]);
});

it("uses tokens of the team's backend, and asks for another when one is refused", async () => {
  let given = 0;
  const collector = world.open({
    token: async () => {
      given++;
      world.server.tokens.add(`own-${given}`);
      return `own-${given}`;
    },
  });
  collector.add("a");
  await collector.flush();
  collector.add("b");
  await collector.flush();
  expect(given).toBe(1);
  world.server.revoke();
  collector.add("c");
  await collector.flush();
  expect(given).toBe(2);
  expect(world.server.logins).toBe(0);
  expect(world.server.seen.map(({ token }) => token)).toEqual(["own-1", "own-1", "own-1", "own-2"]);
  expect(pool()).toEqual(["a", "b", "c"]);
});

it("asks for another of the backend's tokens after a restart, because their expiry is not known", async () => {
  let given = 0;
  for (const id of ["a", "b"]) {
    const token = async () => {
      given++;
      world.server.tokens.add("own");
      return "own";
    };
    const collector = world.open({ token });
    collector.add(id);
    await collector.flush();
    await world.phone.settle();
  }
  expect(given).toBe(2);
});

it.each<[string, () => Promise<string>]>([
  [
    "throws",
    () => {
      throw new Error("no");
    },
  ],
  ["rejects", () => Promise.reject(new Error("no"))],
  ["gives nothing", async () => ""],
])("waits when the app's function for tokens %s", async (_, token) => {
  const collector = world.open({ token });
  collector.add("a");
  await collector.flush();
  expect(collector.pending().codes).toBe(1);
  expect(world.told()).toEqual(["no_answer"]);
});

it("waits when the app's function for tokens never answers", async () => {
  const collector = world.open({ token: () => new Promise(() => {}) });
  collector.add("a");
  const flushing = collector.flush();
  await world.phone.settle();
  await world.pass(collector, 30_000);
  await flushing;
  expect(world.told()).toEqual(["no_answer"]);
});
