import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { runOnScreen } from "../commands/world.ts";
import { cliEnv, runCli } from "../helpers/cli.ts";
import { plainEntry, startTestRedis, type TestRedis } from "../helpers/redis.ts";
import { type HttpDouble, serveHttp } from "../platforms/servers.ts";
import { HOUR_MS } from "./world.ts";

/** What the sandbox tidies up before it shows it is checked here as it came over the wire. */
let redis: TestRedis;
let api: HttpDouble;

beforeAll(async () => {
  redis = await startTestRedis();
  api = await serveHttp((response, { url }) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(
      url.startsWith("/cgi-bin/stable_token")
        ? '{"access_token":"tok+n/1=","expires_in":7200}'
        : '{"errcode":0,"errmsg":"ok","msgid":9007199254740993001}',
    );
  });
});

beforeEach(async () => {
  await redis.client.flushall();
  await redis.push("o-1", plainEntry("form-1", Date.now() + HOUR_MS));
  api.received.length = 0;
});

afterAll(async () => {
  await api.close();
  await redis.stop();
});

/** The requests that sent something. */
async function sendsOf(...args: string[]) {
  const keywords = args.includes("--keywords") ? [] : ["--no-keywords"];
  const result = await runCli(["broadcast", ...keywords, ...args, "--yes", "--json"], {
    env: cliEnv(redis.url, api.base),
  });
  expect(result.code, result.stderr).toBe(0);
  return api.received.filter(({ url }) => url.startsWith("/cgi-bin/message"));
}

test("a message without anything has empty data and no page", async () => {
  const [send, ...more] = await sendsOf("tpl_1");
  expect(more).toEqual([]);
  expect(send).toMatchObject({
    method: "POST",
    url: "/cgi-bin/message/wxopen/template/send?access_token=tok%2Bn%2F1%3D",
    headers: { "content-type": "application/json" },
  });
  expect(JSON.parse(send!.body)).toEqual({
    touser: "o-1",
    template_id: "tpl_1",
    form_id: "form-1",
    data: {},
  });
});

test("keywords are one CSV record; page and emphasis go along", async () => {
  const keywords = '"Tea, green",,"say ""hi""", 50元 ,x\\n';
  const [send] = await sendsOf(
    "tpl_1",
    "--keywords",
    keywords,
    "--page",
    "pages/a?b=c&d=1",
    "--emphasis",
    "3",
  );
  expect(JSON.parse(send!.body)).toEqual({
    touser: "o-1",
    template_id: "tpl_1",
    page: "pages/a?b=c&d=1",
    form_id: "form-1",
    data: {
      keyword1: { value: "Tea, green" },
      keyword2: { value: "" },
      keyword3: { value: 'say "hi"' },
      keyword4: { value: " 50元 " },
      keyword5: { value: "x\\n" },
    },
    emphasis_keyword: "keyword3.DATA",
  });
});

test("an empty --keywords is one empty keyword, a comma two, for who confirms that they are meant", async () => {
  const confirmed = async (keywords: string) => {
    const before = api.received.length;
    const argv = ["broadcast", "tpl_1", `--keywords=${keywords}`];
    const { code, stderr } = await runOnScreen(argv, cliEnv(redis.url, api.base), {
      stdin: "y\n",
      interactive: true,
    });
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("keyword1  (empty)");
    const send = api.received.slice(before).find(({ url }) => url.startsWith("/cgi-bin/message"));
    return JSON.parse(send!.body).data;
  };
  expect(await confirmed("")).toEqual({ keyword1: { value: "" } });
  await redis.push("o-1", plainEntry("form-2", Date.now() + HOUR_MS));
  expect(await confirmed(",")).toEqual({ keyword1: { value: "" }, keyword2: { value: "" } });
});

test("a value in quotes may hold a line break, the record may not", async () => {
  const [send] = await sendsOf("tpl_1", "--keywords", '"two\nlines",b');
  expect(JSON.parse(send!.body).data.keyword1).toEqual({ value: "two\nlines" });
  const broken = await runCli(["broadcast", "tpl_1", "--keywords", "a\nb", "--yes"], {
    env: cliEnv(redis.url, api.base),
  });
  expect(broken).toMatchObject({ code: 2, stdout: "" });
  expect(broken.stderr).toContain("--keywords has more than one line");
});

test("quotes that don't match are quoted back, and nothing is sent", async () => {
  const result = await runCli(["broadcast", "tpl_1", "--keywords", 'a,"b', "--yes"], {
    env: cliEnv(redis.url, api.base),
  });
  expect(result.code).toBe(2);
  expect(result.stderr).toContain('--keywords a,"b');
  expect(result.stderr).toContain("hint: ");
  expect(api.received).toEqual([]);
});

test("a msgid keeps its digits, in the report as in the ledger", async () => {
  await sendsOf("tpl_1", "--id", "b-1");
  const record = await redis.client.hget("{mina:openid:o-1}:sends", "b-1");
  expect(record).toContain(" 9007199254740993001");
});

test("an openId and a formId with quotes and backslashes arrive as they are", async () => {
  await redis.client.flushall();
  const openId = 'o"\\é-1';
  const formId = 'f"\\1';
  await redis.client.rpush(`mina:openid:${openId}`, plainEntry(formId, Date.now() + HOUR_MS));
  const [send] = await sendsOf("tpl_1");
  expect(JSON.parse(send!.body)).toMatchObject({ touser: openId, form_id: formId });
});
