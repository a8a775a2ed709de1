import { expect, it } from "vitest";
import { DOCUMENTS } from "../../src/documents/catalog.ts";
import { toJsonSchema } from "../../src/documents/define.ts";
import { runCli } from "../helpers/cli.ts";
import { checkPrinted, faultsOf } from "../helpers/documents.ts";

const names = DOCUMENTS.map(({ name }) => name);

/** Every schema in a schema, with the place where it stands. */
function schemasIn(schema: object, place: string): [string, Record<string, unknown>][] {
  const own = schema as Record<string, unknown>;
  const { properties = {}, items, additionalProperties } = own as Record<string, object | undefined>;
  const below = Object.entries(properties).flatMap(([name, one]) => schemasIn(one, `${place}.${name}`));
  const rest = [items, additionalProperties].filter((one) => one !== undefined);
  return [[place, own], ...below, ...rest.flatMap((one) => schemasIn(one, `${place}[]`))];
}

it.each(names)(
  "the schema of %s is one of JSON Schema 2020-12, with an id that carries its version",
  async (name) => {
    const { code, stdout, json } = await runCli(["schema", name]);
    expect(code).toBe(0);
    expect((await runCli(["schema", "--json", name])).stdout).toBe(stdout);
    const schema = json<Record<string, unknown>>();
    expect(schema.$schema).toBe("https://json-schema.org/draft/2020-12/schema");
    expect(schema.$id).toMatch(new RegExp(`^urn:push-cli:schema:${name}:\\d+$`));
    expect(schema.title).toMatch(/^[A-Z]/);
    // Compiles it in ajv's strict mode.
    expect(faultsOf(name, "no document")).not.toEqual([]);
  },
);

it("every document and every field has a description, a whole sentence", () => {
  const all = DOCUMENTS.flatMap((one) => schemasIn(toJsonSchema(one), one.name));
  expect(all.length).toBeGreaterThan(200);
  const isOpen = (schema: object) => Object.keys(schema).length === 0;
  // The ends of an interval, and what stands in an object that others define, need none.
  const bare = all.filter(([place, one]) => !place.endsWith("[]") || !("type" in one) || "properties" in one);
  const mute = bare.filter(([, one]) => !isOpen(one) && !/^[A-Z`'].*\S$/.test(String(one.description ?? "")));
  expect(mute.map(([place]) => place)).toEqual([]);
});

it("names are unique", () => {
  expect(new Set(names).size).toBe(names.length);
});

it("the list names every document with the commands that print it", async () => {
  const { documents } = (await runCli(["schema", "--json"])).json<{ documents: { name: string }[] }>();
  expect(documents.map(({ name }) => name)).toEqual(names);
  const rows = (await runCli(["schema"])).stdout.trimEnd().split("\n");
  expect(rows.map((row) => row.split("\t")[0])).toEqual(names);
  expect(rows.find((row) => row.startsWith("token\t"))).toBe(
    "token\t1\tdocument\tAccess token\ttoken show, token refresh",
  );
});

it("a command stands for its only document", async () => {
  const byCommand = await runCli(["schema", "broadcast", "recipients"]);
  expect(byCommand.stdout).toBe((await runCli(["schema", "report-line"])).stdout);
  const { code, stderr } = await runCli(["schema", "broadcast", "send"]);
  expect([code, stderr]).toEqual([
    2,
    "error: broadcast send prints several kinds of documents\nhint: choose one of broadcast, broadcast-dry-run, broadcast-show\n",
  ]);
});

it("a document that is not there is a usage error with the one that may be meant", async () => {
  const { code, stderr } = await runCli(["schema", "pool-lists"]);
  expect([code, stderr]).toEqual([
    2,
    "error: unknown document 'pool-lists'\nhint: did you mean pool-list? to list all documents: push-cli schema\n",
  ]);
});

const LINE = {
  ...{ openId: "o1", valid: 1, expired: 0, invalid: 0, unreadable: 0 },
  ...{ nextExpiry: "2026-11-23T10:00:00.000Z", lastExpiry: null },
};

it.each([
  ["has a field too many", { ...LINE, extra: 1 }],
  ["lacks a field", { ...LINE, valid: undefined }],
  ["has a count below 0", { ...LINE, valid: -1 }],
  ["has a time that is none", { ...LINE, nextExpiry: "soon" }],
])("a line that %s is found by every test that prints it", async (_what, line) => {
  const print = (document: object) => ({ stdout: `${JSON.stringify(document)}\n`, stderr: "" });
  await checkPrinted(["pool", "list", "--json"], print(LINE));
  await expect(checkPrinted(["pool", "list", "--json"], print(line))).rejects.toThrow("no schema allows");
  await expect(checkPrinted(["--json", "--redis-url", "x", "pool", "list"], print(line))).rejects.toThrow();
});
