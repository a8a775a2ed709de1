import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { afterEach, describe, expect, it } from "vitest";
import { SOURCES } from "../../../src/commands/completion/candidates.ts";
import { buildProgram } from "../../../src/commands/program.ts";
import { parseFault } from "../../../src/sandbox/sandbox.ts";
import { runCli } from "../../helpers/cli.ts";
import { useWorld } from "../world.ts";

interface Answer {
  wishes: string;
  values: string[];
  descriptions: Record<string, string>;
}

async function complete(words: string[], options: Parameters<typeof runCli>[1] = {}): Promise<Answer> {
  const { code, stdout, stderr } = await runCli(["__complete", ...words], options);
  expect([code, stderr]).toEqual([0, ""]);
  const [first = "", ...lines] = stdout.trimEnd().split("\n");
  expect(first).toMatch(/^:/);
  const pairs = lines.map((line) => line.split("\t"));
  return {
    wishes: first.slice(1),
    values: pairs.map(([value = ""]) => value),
    descriptions: Object.fromEntries(pairs.map(([value, description = ""]) => [value, description])),
  };
}

const valuesOf = async (...words: string[]) => (await complete(words)).values;

describe("the command tree", () => {
  const tree = buildProgram("0.0.0", () => async () => undefined);

  it("offers every command of it, with its description", async () => {
    const visit = async (command: Command, path: string[]): Promise<void> => {
      const { values, descriptions } = await complete([...path, ""]);
      for (const child of command.commands) {
        expect(values).toContain(child.name());
        expect(descriptions[child.name()]).toBe(child.description().replace(/\s+/g, " "));
        await visit(child, [...path, child.name()]);
      }
    };
    await visit(await tree, []);
    expect((await tree).commands.length).toBeGreaterThan(8);
  });

  it("offers every option of each command, and those of all commands", async () => {
    const visit = async (command: Command, path: string[]): Promise<void> => {
      const values = await valuesOf(...path, "--");
      for (const { long, hidden } of command.options)
        if (!hidden) expect(values, path.join(" ")).toContain(long);
      for (const long of ["--json", "--profile", "--help"]) expect(values).toContain(long);
      for (const child of command.commands) await visit(child, [...path, child.name()]);
    };
    await visit(await tree, []);
  });

  it("looks up what is there in the tree, by its name", async () => {
    const names = new Set<string>();
    const visit = (command: Command, noun: string) => {
      for (const { long } of command.options) names.add(long ?? "");
      for (const argument of command.registeredArguments) names.add(`${noun} <${argument.name()}>`);
      for (const child of command.commands) visit(child, noun || child.name());
    };
    visit(await tree, "");
    expect(Object.keys(SOURCES).filter((key) => !names.has(key))).toEqual([]);
  });
});

it.each([
  [["po"], ["pool"]],
  [
    ["pool", "show", "--state", ""],
    ["valid", "expired", "invalid", "unreadable", "standing"],
  ],
  [["pool", "list", "--sort", "v"], ["valid"]],
  [["pool", "list", "--sort=e"], ["--sort=expiry"]],
  [
    ["--token-mode", ""],
    ["stable", "basic"],
  ],
  [
    ["broadcast", "t", "--lang", "zh_"],
    ["zh_CN", "zh_HK", "zh_TW"],
  ],
  [["pool", "import", "--encoding", "gb"], ["gb18030"]],
  [["completion", "p"], ["powershell"]],
  [["help", "pool", "st"], ["stats"]],
  [["help", "exit"], ["exit-codes"]],
  // Options of all commands may come first, and a value is no command.
  [["--profile", "pool", "tok"], ["token"]],
  [["--redis-url=redis://h", "--json", "token", "sh"], ["show"]],
  // An option once; one that may be repeated, again.
  [["pool", "list", "--limit", "5", "--lim"], []],
  [["broadcast", "t", "--to", "a", "b", "--to-"], ["--to-file"]],
  [
    ["broadcast", "t", "--to", "a", "--to"],
    ["--to", "--to-file", "--token-mode", "--token-store"],
  ],
  // Nothing that could be right, and no files either.
  [["pool", "show", ""], []],
  [["--redis-url", ""], []],
  [["--", "--js"], []],
  [["nonsense", ""], []],
  [["pool", "list", "--nonsense=", ""], []],
])("%j is completed by %j", async (words, values) => {
  expect(await complete(words)).toMatchObject({ values, wishes: "" });
});

it("an empty word may be left out", async () => {
  const { stdout } = await runCli(["__complete_next", "completion"]);
  expect(stdout).toBe(":\nbash\nzsh\nfish\npowershell\n");
});

it.each([
  [["pool", "import", ""]],
  [["--config", "x"]],
  [["broadcast", "t", "--to-file=x"]],
  [["pool", "remove", "o", "--export", ""]],
])("%j asks the shell for files", async (words) => {
  expect(await complete(words)).toMatchObject({ wishes: "files" });
});

it("completes the last value of a list, and none twice", async () => {
  const list = await complete(["broadcast", "list", "--status", "dead,st"]);
  expect(list).toMatchObject({ values: ["dead,stopped"], wishes: "nospace" });
  const more = await complete(["broadcast", "recipients", "x", "--outcome=sent,"]);
  expect(more.values).toContain("--outcome=sent,failed");
  expect(more.values).not.toContain("--outcome=sent,sent");
});

it("offers the fields of a command's documents", async () => {
  const list = await complete(["pool", "list", "--json=openId,next"]);
  expect(list).toMatchObject({ values: ["--json=openId,nextExpiry"], wishes: "nospace" });
  const sent = await complete(["--jq", ".", "broadcast", "t", "--json="]);
  expect(sent.values).toContain("--json=outcomes");
});

it("offers the channels with what they are", async () => {
  const descriptions = async () => (await complete(["--channel", "wechat-"])).descriptions;
  await expect.poll(async () => (await descriptions())["wechat-subscribe"]).toContain("subscribe");
  expect(Object.keys(await descriptions())).toContain("wechat-template");
});

describe("profiles", () => {
  const folder = mkdtempSync(join(tmpdir(), "push-cli-complete-"));
  afterEach(() => rmSync(join(folder, "push-cli.config.json"), { force: true }));
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

  it("come from the configuration file", async () => {
    write("push-cli.config.json", JSON.stringify({ profiles: { live: {}, "my shop": {}, "a:b": {} } }));
    const values = async (word: string[]) => (await complete(word, { cwd: folder })).values;
    // The first time, loading what reads them may take more than the half second on a busy machine.
    await expect.poll(() => values(["--profile", ""])).toEqual(["live", "my shop", "a:b"]);
    await expect.poll(() => values(["--profile=l"])).toEqual(["--profile=live"]);
  });

  it("come from the file that --config names", async () => {
    write("other.json", JSON.stringify({ profiles: { other: {} } }));
    const words = ["--config", join(folder, "other.json"), "pool", "list", "--profile", ""];
    await expect.poll(() => valuesOf(...words)).toEqual(["other"]);
  });

  it("are none in a file that is faulty, and nothing is said", async () => {
    write("push-cli.config.json", "{");
    expect((await complete(["--profile", ""], { cwd: folder })).values).toEqual([]);
  });

  it("that a terminal would act on are left out", async () => {
    write("push-cli.config.json", JSON.stringify({ profiles: { "a\u001b[31m": {}, "b\nc": {}, d: {} } }));
    await expect.poll(async () => (await complete(["--profile", ""], { cwd: folder })).values).toEqual(["d"]);
  });
});

describe("what Redis knows", () => {
  const world = useWorld();
  const answer = (...words: string[]) => complete(words, { env: world.env });
  /** A busy machine may take more than the half second that a person is made to wait: asked again, it has most things loaded. */
  const expectValues = (...words: string[]) => expect.poll(async () => (await answer(...words)).values);

  it("broadcasts, the newest first, with template and status", async () => {
    for (const id of ["first", "second"]) {
      await world.redis.client.rpush("mina:openid:o1", JSON.stringify({ formId: id, expire: 4e12 }));
      const sent = await world.cli(["broadcast", "order-shipped", "--no-keywords", "-y", "--id", id]);
      expect(sent.code).toBe(0);
    }
    await expectValues("broadcast", "show", "").toEqual(["second", "first"]);
    await expect
      .poll(async () => (await answer("broadcast", "show", "")).descriptions.first)
      .toBe("order-shipped, finished");
    for (const verb of ["resume", "watch", "recipients", "pause", "cancel", "delete"])
      await expectValues("broadcast", verb, "f").toEqual(["first"]);
    expect((await answer("broadcast", "show", "first", "")).values).toEqual([]);
  });

  it("errcodes, those that were answered to the newest broadcasts", async () => {
    world.sandbox.setFaults([parseFault("errcode-43101:100")]);
    await world.redis.client.rpush("mina:openid:o1", JSON.stringify({ formId: "f1", expire: 4e12 }));
    await world.cli(["broadcast", "order-shipped", "--no-keywords", "-y", "--id", "first"]);
    await expect
      .poll(() => answer("broadcast", "recipients", "first", "--errcode", ""))
      .toMatchObject({ values: ["43101"], descriptions: { "43101": expect.stringMatching(/\w{5}/) } });
  });

  it("no more than 50 broadcasts", async () => {
    for (let i = 0; i < 60; i++) {
      const record = { id: `b${i}`, message: '{"templateId":"t","fields":[]}', status: "finished" };
      await world.redis.client.hset(`mina:broadcast:b${i}`, { ...record, startedAtMs: "1" });
      await world.redis.client.zadd("mina:broadcasts", i, `b${i}`);
    }
    const newest = Array.from({ length: 50 }, (_, i) => `b${59 - i}`);
    await expectValues("broadcast", "show", "").toEqual(newest);
  });

  it("templates, with their titles, without a question to the platform", async () => {
    const templates = [{ id: "tpl-1", title: "订单\t发货", kind: "one-time", fields: [] }];
    const kept = JSON.stringify({ atMs: 1, templates });
    await world.redis.client.set("mina:templates:wx-sandbox", kept);
    const channel = ["--channel", "wechat-subscribe"];
    await expect
      .poll(() => answer(...channel, "template", "show", ""))
      .toMatchObject({ values: ["tpl-1"], descriptions: { "tpl-1": "订单 发货" } });
    await expectValues(...channel, "pool", "list", "--template", "").toEqual(["tpl-1"]);
    await expectValues(...channel, "broadcast", "tp").toEqual(["tpl-1"]);
    // These are no templates of another channel.
    expect((await answer("broadcast", "tp")).values).toEqual([]);
    expect(await world.redis.client.keys("*")).toEqual(["mina:templates:wx-sandbox"]);
  });

  it("nothing of a list that can't be read", async () => {
    await world.redis.client.set("mina:templates:wx-sandbox", "no JSON");
    expect((await answer("--channel=wechat-subscribe", "template", "show", "")).values).toEqual([]);
  });
});

it("says nothing when Redis is away", async () => {
  const words = ["--redis-url", "redis://127.0.0.1:1", "broadcast", "show", ""];
  expect(await complete(words)).toEqual({ wishes: "", values: [], descriptions: {} });
});

it("does not wait for a Redis that is silent", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const sockets: { destroy(): void }[] = [];
  server.on("connection", (socket) => sockets.push(socket));
  const { port } = server.address() as { port: number };
  try {
    // Far less than the time that any other command gives a Redis.
    const late = new Promise((resolve) => setTimeout(resolve, 5000, "late"));
    const answer = complete(["--redis-url", `redis://127.0.0.1:${port}`, "broadcast", "show", ""]);
    expect(await Promise.race([answer, late])).toMatchObject({ values: [] });
    expect(sockets.length).toBe(1);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});
