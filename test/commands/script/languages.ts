import { execFile } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { BackendScript } from "../../../src/pool/ports.ts";

const run = promisify(execFile);
const STAND_INS = join(import.meta.dirname, "stand-ins");

/** A language that there is an example for, with a client library that it can be run with. */
export interface Language {
  name: keyof BackendScript["examples"];
  client: string;
  file: string;
  /** Rejects when the language or the client is not on this machine. */
  find(): Promise<unknown>;
  /** Makes the example in `dir` ready to run; the command. */
  build(dir: string): Promise<string[]>;
}

export const LANGUAGES: Language[] = [
  {
    name: "node",
    client: "ioredis",
    file: "claim.mjs",
    find: async () => true,
    build: async () => [process.execPath, "claim.mjs"],
  },
  {
    name: "python",
    client: "redis-py",
    file: "claim.py",
    find: findPython,
    build: async () => [await findPython(), "claim.py"],
  },
  {
    name: "php",
    client: "phpredis",
    file: "claim.php",
    find: () => run("php", ["-r", "new Redis();"]),
    build: async () => ["php", "claim.php"],
  },
  {
    name: "java",
    client: "Jedis",
    file: "Claim.java",
    find: async () => [await findJava(), findJedis()],
    build: (dir) => buildJava(dir, findJedis()),
  },
  {
    name: "java",
    client: "a stand-in for Jedis",
    file: "Claim.java",
    find: findJava,
    build: async (dir) => {
      const sources = ["Jedis.java", "JedisNoScriptException.java"].map((file) => join(STAND_INS, file));
      await run("javac", ["-d", join(dir, "jedis"), ...sources]);
      return buildJava(dir, [join(dir, "jedis")]);
    },
  },
  {
    name: "go",
    client: "go-redis",
    file: "claim.go",
    find: findGoRedis,
    build: async (dir) => buildGo(dir, `require ${GO_REDIS} ${await findGoRedis()}`),
  },
  {
    name: "go",
    client: "a stand-in for go-redis",
    file: "claim.go",
    find: () => run("go", ["version"]),
    build: (dir) => {
      mkdirSync(join(dir, "go-redis"));
      copyFileSync(join(STAND_INS, "go-redis.go"), join(dir, "go-redis", "redis.go"));
      writeFileSync(join(dir, "go-redis", "go.mod"), `module ${GO_REDIS}\n\ngo 1.18\n`);
      return buildGo(dir, `require ${GO_REDIS} v9.0.0\n\nreplace ${GO_REDIS} => ./go-redis`);
    },
  },
];

/** Distributions install redis-py for the system's Python only, which need not be the first on PATH. */
async function findPython(): Promise<string> {
  const has = (python: string) => run(python, ["-c", "import redis"]).then(() => python);
  return has("python3").catch(() => has("/usr/bin/python3"));
}

/** The compiler; where it is, `java` is too. */
async function findJava(): Promise<unknown> {
  return run("javac", ["-version"]);
}

/** Where distributions put Jedis and what it needs. */
function findJedis(): string[] {
  const jars = ["jedis", "commons-pool2", "slf4j-api"].map((name) => `/usr/share/java/${name}.jar`);
  const missing = jars.filter((jar) => !existsSync(jar));
  if (missing.length > 0) throw new Error(`there is no ${missing[0]}`);
  return jars;
}

async function buildJava(dir: string, libraries: string[]): Promise<string[]> {
  const classPath = [...libraries, dir].join(":");
  await run("javac", ["-cp", classPath, "-d", dir, join(dir, "Claim.java")]);
  return ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", classPath, "Claim"];
}

const GO_REDIS = "github.com/redis/go-redis/v9";

/** The newest go-redis in the module cache, or not at all: nothing is fetched here. */
async function findGoRedis(): Promise<string> {
  const cache = (await run("go", ["env", "GOMODCACHE"])).stdout.trim();
  const versions = join(cache, "cache", "download", GO_REDIS, "@v");
  const zips = existsSync(versions) ? readdirSync(versions).filter((file) => file.endsWith(".zip")) : [];
  const newest = zips.sort((a, b) => a.localeCompare(b, "en", { numeric: true })).at(-1);
  if (newest === undefined) throw new Error("go-redis is not in Go's module cache");
  return newest.slice(0, -".zip".length);
}

async function buildGo(dir: string, dependency: string): Promise<string[]> {
  writeFileSync(join(dir, "go.mod"), `module example\n\ngo 1.18\n\n${dependency}\n`);
  const env = { ...process.env, GOFLAGS: "-mod=mod", GOPROXY: "off", GOSUMDB: "off", CGO_ENABLED: "0" };
  await run("go", ["build", "-o", "claim", "claim.go"], { cwd: dir, env });
  return [join(dir, "claim")];
}
