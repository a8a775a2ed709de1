import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { createExportFile } from "../../src/output/export-file.ts";

const folder = mkdtempSync(join(tmpdir(), "push-cli-export-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("has the lines in the file when a write is over", async () => {
  const path = join(folder, "a.ndjson");
  const file = await createExportFile(path);
  await file.write([{ a: 1 }, { raw: "汉\n" }]);
  expect(readFileSync(path, "utf8")).toBe('{"a":1}\n{"raw":"汉\\n"}\n');
  await file.write([{ b: 2 }]);
  expect(readFileSync(path, "utf8")).toBe('{"a":1}\n{"raw":"汉\\n"}\n{"b":2}\n');
  await file.close();
});

it.each([
  ["there", "it already exists"],
  ["no/such/file", "its folder does not exist"],
])("makes no file %s", async (name, reason) => {
  writeFileSync(join(folder, "there"), "older");
  await expect(createExportFile(join(folder, name))).rejects.toMatchObject({
    kind: "usage",
    message: `cannot create "${join(folder, name)}": ${reason}`,
    hint: expect.any(String),
  });
  expect(readFileSync(join(folder, "there"), "utf8")).toBe("older");
});

it("says so when it can't write", async () => {
  const path = join(folder, "closed.ndjson");
  const file = await createExportFile(path);
  await file.close();
  await expect(file.write([{ a: 1 }])).rejects.toMatchObject({
    kind: "output",
    message: expect.stringContaining(`cannot write to "${path}"`),
    hint: expect.stringContaining("only entries saved in the file were removed"),
  });
});
