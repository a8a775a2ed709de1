/**
 * The JSON Schema of configuration files, for editors: generated from the program's own table of settings.
 */
import fs from "node:fs";
import path from "node:path";
import { build } from "esbuild";

export async function buildSchema(root, outdir) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ["src/config/json-schema.ts"],
    bundle: true,
    platform: "node",
    format: "esm",
    write: false,
    logLevel: "warning",
  });
  const code = Buffer.from(outputFiles[0].contents).toString("base64");
  const { configSchema } = await import(`data:text/javascript;base64,${code}`);
  fs.mkdirSync(outdir, { recursive: true });
  const file = path.join(outdir, "push-cli.schema.json");
  fs.writeFileSync(file, `${JSON.stringify(configSchema(), undefined, 2)}\n`);
}
