import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findFreePort } from "../../src/local-redis/free-port.ts";
import { type PrivateRedis, startPrivateRedis } from "../../src/local-redis/private-redis.ts";
import { type Certificate, createAuthority } from "../helpers/certificates.ts";
import { cliEnv, runCli } from "../helpers/cli.ts";
import { eventually } from "../helpers/cluster.ts";
import { plainEntry } from "../helpers/redis.ts";
import { FAR } from "./seed.ts";

const authority = createAuthority("Test CA");
const dir = mkdtempSync(join(tmpdir(), "push-cli-tls-"));
const servers: PrivateRedis[] = [];
let files: Record<string, string>;
/** By the kind of their certificate. */
let ports: Record<"good" | "strict" | "expired" | "other" | "cluster", number>;

beforeAll(async () => {
  files = {
    ...write("ca", authority),
    ...write("good", authority.issue({ name: "redis", addresses: ["127.0.0.1"], hosts: ["localhost"] })),
    ...write("expired", authority.issue({ name: "redis", addresses: ["127.0.0.1"], from: -3, to: -1 })),
    ...write("other", authority.issue({ name: "redis", hosts: ["redis.internal"] })),
    ...write("client", authority.issue({ name: "push-cli" })),
    ...write("stranger", createAuthority("Another CA").issue({ name: "push-cli" })),
    ...write("other-ca", createAuthority("Another CA")),
  };
  const [good, strict, expired, other, cluster] = await Promise.all([
    start("good"),
    start("good", "--tls-auth-clients", "yes"),
    start("expired"),
    start("other"),
    start("good", "--cluster-enabled", "yes", "--tls-cluster", "yes", "--cluster-announce-ip", "127.0.0.1"),
  ]);
  ports = { good, strict, expired, other, cluster };
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  rmSync(dir, { recursive: true, force: true });
});

function write(name: string, { cert, key }: Certificate): Record<string, string> {
  const paths = { [`${name}.crt`]: join(dir, `${name}.crt`), [`${name}.key`]: join(dir, `${name}.key`) };
  writeFileSync(join(dir, `${name}.crt`), cert);
  writeFileSync(join(dir, `${name}.key`), key);
  return paths;
}

/** A Redis with a TLS port beside its plain one, which only its start needs. Returns the TLS port. */
async function start(certificate: string, ...args: string[]): Promise<number> {
  const port = await findFreePort();
  const own = ["--tls-port", `${port}`, "--tls-cert-file", files[`${certificate}.crt`]!];
  const rest = ["--tls-key-file", files[`${certificate}.key`]!, "--tls-ca-cert-file", files["ca.crt"]!];
  const server = await startPrivateRedis({ args: [...own, ...rest, "--tls-auth-clients", "no", ...args] });
  servers.push(server);
  const client = new Redis(server.url);
  if (args.includes("--cluster-enabled")) {
    await client.call("CLUSTER", "ADDSLOTS", ...Array.from({ length: 16_384 }, (_, slot) => slot));
    await eventually(async () => String(await client.call("CLUSTER", "INFO")).includes("cluster_state:ok"));
  }
  await client.rpush("mina:openid:oA", plainEntry("f", FAR));
  client.disconnect();
  return port;
}

type Env = Record<string, string>;

async function list(port: number, env: Env = {}, host = "127.0.0.1") {
  const url = `rediss://${host}:${port}`;
  return runCli(["pool", "list"], { env: { ...cliEnv(url), ...env } });
}

async function refusal(port: number, env: Env = {}): Promise<string> {
  const { code, stderr } = await list(port, env);
  expect([code, stderr]).toEqual([6, stderr]);
  return stderr;
}

const ca = () => ({ PUSH_CLI_REDIS_CA: files["ca.crt"]! });

describe("TLS to Redis", () => {
  it("works with the CA's certificate, by address and by name", async () => {
    expect(await list(ports.good, ca())).toMatchObject({ code: 0, stderr: "" });
    expect(await list(ports.good, ca(), "localhost")).toMatchObject({ code: 0, stderr: "" });
  });

  it("works by flags, and by a file whose paths begin at its folder", async () => {
    const url = `rediss://127.0.0.1:${ports.strict}`;
    const flags = ["--redis-ca", "ca.crt", "--redis-cert", "client.crt", "--redis-key", "client.key"];
    const argv = ["pool", "list", "--redis-url", url];
    expect(await runCli([...argv, ...flags], { cwd: dir })).toMatchObject({ code: 0, stderr: "" });
    const config = { redisCa: "ca.crt", redisCert: "client.crt", redisKey: "client.key" };
    writeFileSync(join(dir, "push-cli.config.json"), JSON.stringify({ redisUrl: url, ...config }));
    const file = join(dir, "push-cli.config.json");
    expect(await runCli(["pool", "list", "--config", file])).toMatchObject({ code: 0, stderr: "" });
  });

  it("leads to a whole cluster", async () => {
    for (const url of [
      `rediss+cluster://127.0.0.1:${ports.cluster}`,
      `rediss://127.0.0.1:${ports.cluster}`,
    ]) {
      const listed = await runCli(["pool", "list", "--json"], { env: { ...cliEnv(url), ...ca() } });
      expect(listed.stderr).toBe("");
      expect(listed.lines()).toMatchObject([{ openId: "oA", valid: 1 }]);
    }
  });

  it("names the setting that is missing when nobody trusted has signed the certificate", async () => {
    const told = await refusal(ports.good);
    expect(told).toMatch(/no trusted CA has signed the certificate of the Redis at rediss:\/\/127/);
    expect(told).toMatch(/hint: .*--redis-ca <file>, or PUSH_CLI_REDIS_CA/);
    expect(await refusal(ports.good, { PUSH_CLI_REDIS_CA: files["other-ca.crt"]! })).toContain(
      "no trusted CA",
    );
  });

  it("says that a certificate has expired", async () => {
    expect(await refusal(ports.expired, ca())).toMatch(
      /certificate of the Redis has expired.*\nhint: renew it/,
    );
  });

  it("says that a certificate is for another host, and takes the name that it is for", async () => {
    const told = await refusal(ports.other, ca());
    expect(told).toMatch(/the certificate is for another host than the Redis at .*127\.0\.0\.1 is not/);
    expect(told).toContain("PUSH_CLI_REDIS_SERVERNAME");
    const named = await list(ports.other, { ...ca(), PUSH_CLI_REDIS_SERVERNAME: "redis.internal" });
    expect(named).toMatchObject({ code: 0, stderr: "" });
  });

  it("says that a client certificate is wanted, or refused", async () => {
    expect(await refusal(ports.strict, ca())).toMatch(
      /a client certificate is required.*\nhint: .*--redis-cert <file>/,
    );
    const cert = { PUSH_CLI_REDIS_CERT: files["stranger.crt"]!, PUSH_CLI_REDIS_KEY: files["stranger.key"]! };
    expect(await refusal(ports.strict, { ...ca(), ...cert })).toMatch(/client certificate was refused/);
  });

  it("is missed on either side", async () => {
    expect(await refusal(servers[0]!.port, ca())).toMatch(
      /no answer in time\nhint: a Redis without TLS .* redis:\/\//,
    );
    const plain = await runCli(["pool", "list"], { env: cliEnv(`redis://127.0.0.1:${ports.good}`) });
    expect(plain.code).toBe(6);
    expect(plain.stderr).toMatch(/connection (closed|reset).*\nhint: .*rediss:\/\//);
  });
});
