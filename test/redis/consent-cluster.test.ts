import { afterAll, beforeAll, expect, it } from "vitest";
import { cliEnv, runCli } from "../helpers/cli.ts";
import { startTestCluster, type TestCluster } from "../helpers/cluster.ts";

const USERS = 300;

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster({ replicas: false });
});
afterAll(() => cluster?.stop());

it("imports, shows, exports, removes and purges consents in a cluster", async () => {
  const env = { ...cliEnv(cluster.url), PUSH_CLI_CHANNEL: "wechat-subscribe" };
  const cli = (argv: string[], stdin = "") => runCli(argv, { env, stdin });
  const file = Array.from({ length: USERS }, (_, i) => `o${i},T,2\no${i},S,1`).join("\n");
  const counts = async (argv: string[], stdin = "") => (await cli([...argv, "--json"], stdin)).json();
  expect(await counts(["pool", "import"], file)).toMatchObject({ imported: 3 * USERS, known: 0, bad: 0 });
  expect(await counts(["pool", "import"], file)).toMatchObject({ imported: 0, known: 3 * USERS });
  expect(await counts(["pool", "stats"])).toMatchObject({
    pools: 2 * USERS,
    templates: [
      { templateId: "S", reachable: USERS },
      { templateId: "T", reachable: USERS },
    ],
  });
  expect(await counts(["pool", "show", "o7"])).toMatchObject({ templates: [{ valid: 1 }, { valid: 2 }] });
  const { stdout } = await cli(["pool", "export", "--template", "T"]);
  expect(stdout.trim().split("\n")).toHaveLength(2 * USERS);
  expect(await counts(["pool", "remove", "o7", "o8", "--yes"])).toMatchObject({ poolsRemoved: 4 });
  expect(await counts(["purge", "--consent-max-age", "1ms"])).toMatchObject({
    expiredRemoved: 3 * (USERS - 2),
    poolsRemoved: 2 * (USERS - 2),
  });
  expect(await cluster.keys("mina:consent:*")).toEqual([]);
});
