import { expect, it } from "vitest";
import { useWorld } from "../world.ts";
import { useCollectors } from "./running.ts";
import { bearer } from "./session.ts";

const world = useWorld();
const { start } = useCollectors(world);
const control = (name: string, body: unknown) =>
  fetch(`${world.sandbox.url}/sandbox/${name}`, { method: "POST", body: JSON.stringify(body) });

it.each(["qq-subscribe", "qq-template"])("takes codes and consents of QQ, set to %s", async (channel) => {
  const collector = await start(["--channel", channel, "--long-term", "DAY"]);
  const headers = bearer("oA");
  const codes = await collector.ask("/codes", { headers, body: { codes: [{ formId: "qq-code-1" }] } });
  expect(codes.json()).toMatchObject({ taken: 1 });
  const templates = { T1: "accept", DAY: "accept", T2: "reject" };
  const consents = await collector.ask("/consents", { headers, body: { templates, report: "r1" } });
  expect(consents.json()).toMatchObject({ taken: 2 });
  await collector.end();
  const { client } = world.redis;
  expect(await client.llen("mina:qq:openid:oA")).toBe(1);
  expect(await client.lrange("mina:qq:consent:{oA}:T1", 0, -1)).toEqual([
    expect.not.stringContaining("standing"),
  ]);
  expect(await client.lrange("mina:qq:consent:{oA}:DAY", 0, -1)).toEqual([
    expect.stringContaining('"standing":true'),
  ]);
});

/** Users are identified by tokens that the team's backend signs: only WeChat and QQ have a login here. */
it.each([
  ["baidu-template", "mina:baidu:openid:oA", undefined],
  ["alipay-template", "mina:alipay:openid:oA", 3],
])("takes codes for %s into its own pools", async (channel, pool, uses) => {
  const collector = await start(["--channel", channel]);
  const codes = [{ formId: "code-1" }, { formId: "code-2", scene: 2 }];
  const report = { headers: bearer("oA"), body: { codes } };
  expect((await collector.ask("/codes", report)).json()).toMatchObject({ taken: 2 });
  expect((await collector.ask("/codes", report)).json()).toMatchObject({ taken: 0, known: 2 });
  await collector.end();
  const entries = await world.redis.client.lrange(pool, 0, -1);
  const expire = expect.any(Number);
  expect(entries.map((entry) => JSON.parse(entry))).toStrictEqual([
    { formId: "code-1", expire, ...(uses && { uses }) },
    { formId: "code-2", expire, uses: 3, scene: 2 },
  ]);
});

it.each([
  ["baidu-subscribe", "baidu"],
  ["alipay-subscribe", "alipay"],
])("takes consents for %s into its own pools", async (channel, prefix) => {
  const collector = await start(["--channel", channel]);
  const body = { templates: { T1: "accept", T2: "reject" }, report: "r1", subscribeId: "s-1" };
  const ask = () => collector.ask("/consents", { headers: bearer("oA"), body });
  expect((await ask()).json()).toMatchObject({ taken: 1 });
  expect((await ask()).json()).toMatchObject({ taken: 0 });
  await collector.end();
  expect(await world.redis.client.llen(`mina:${prefix}:consent:{oA}:T1`)).toBe(1);
});

it("lets users of QQ log in", async () => {
  const collector = await start(["--channel", "qq-subscribe"]);
  const issued = await control("login", { openId: "oQq" });
  const { code } = (await issued.json()) as { code: string };
  const login = await collector.ask("/login", { body: { code } });
  expect(login.status).toBe(200);
  const { token } = login.json<{ token: string }>();
  const body = { codes: [{ formId: "qq-code-2" }] };
  const headers = { authorization: `Bearer ${token}` };
  expect((await collector.ask("/codes", { headers, body })).json()).toMatchObject({ taken: 1 });
  expect((await collector.ask("/login", { body: { code } })).status).toBe(401);
  await collector.end();
  expect(await world.redis.client.llen("mina:qq:openid:oQq")).toBe(1);
});

it("has no events of QQ to take", async () => {
  const env = { PUSH_CLI_CALLBACK_TOKEN: "token", PUSH_CLI_COLLECTOR_SECRET: "x".repeat(32) };
  const { code, stderr } = await world.cli(["collector", "--channel", "qq-subscribe"], { env });
  expect(code).toBe(5);
  expect(stderr).toContain("the platform of qq-subscribe pushes no events");
});
