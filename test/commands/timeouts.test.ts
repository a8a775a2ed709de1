import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { runCli } from "../helpers/cli.ts";
import { useWorld } from "./world.ts";

const world = useWorld();
const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

/** A port that takes connections and answers with what `answer` makes of the bytes. */
async function listen(answer: (bytes: string) => string): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => socket.write(answer(bytes.toString())));
  });
  server.on("close", () => {
    for (const socket of sockets) socket.destroy();
  });
  const { close } = server;
  server.close = (...args) => {
    for (const socket of sockets) socket.destroy();
    return close.apply(server, args);
  };
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

describe("--redis-timeout", () => {
  it("bounds how long a Redis may take to answer at first", async () => {
    const url = `redis://127.0.0.1:${await listen(() => "")}`;
    const before = performance.now();
    const { code } = await runCli(["pool", "list", "--redis-url", url, "--redis-timeout", "200ms"]);
    expect(code).toBe(6);
    // Without it 6 s.
    expect(performance.now() - before).toBeLessThan(5500);
  });

  it("bounds how long one is waited for that loads its data", async () => {
    const loading = (bytes: string) =>
      "-LOADING Redis is loading the dataset in memory\r\n".repeat((bytes.match(/^\*/gm) ?? []).length);
    const env = {
      PUSH_CLI_REDIS_URL: `redis://127.0.0.1:${await listen(loading)}`,
      PUSH_CLI_REDIS_TIMEOUT: "600ms",
    };
    const { code, stderr } = await runCli(["pool", "list"], { env });
    expect(code).toBe(6);
    expect(stderr).toContain("waiting up to 0.6 s: ");
  });
});

describe("--api-timeout", () => {
  it("bounds calls for tokens", async () => {
    const base = `http://127.0.0.1:${await listen(() => "")}`;
    const { code, stderr } = await world.cli([
      "token",
      "refresh",
      "--api-base",
      base,
      "--api-timeout",
      "300ms",
    ]);
    expect(code).toBe(7);
    expect(stderr).toContain("no answer within 0.3 s");
  });

  it("bounds calls for templates", async () => {
    await world.cli(["token", "refresh"]);
    const base = `http://127.0.0.1:${await listen(() => "")}`;
    const argv = [
      "template",
      "list",
      "--channel",
      "wechat-subscribe",
      "--api-base",
      base,
      "--api-timeout",
      "300ms",
    ];
    const { code, stderr } = await world.cli(argv);
    expect(code).toBe(7);
    expect(stderr).toContain("0.3 s");
  });
});

it.each([
  ["--redis-timeout", "0"],
  ["--redis-timeout", "2h"],
  ["--api-timeout", "soon"],
])("%s %s is refused", async (flag, value) => {
  const { code, stderr } = await runCli(["pool", "list", flag, value]);
  expect(code).toBe(2);
  expect(stderr).toMatch(
    new RegExp(`^error: ${flag}: "${value}" is not .*\nhint: give a time from 100ms to 1h`),
  );
});
