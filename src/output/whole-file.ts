import { randomUUID } from "node:crypto";
import { link, open, realpath, rename, stat, unlink } from "node:fs/promises";
import { messageOf, PushCliError, usageError } from "../errors.ts";

export interface WholeFileOptions {
  /** The option that names the file, for hints. */
  option: string;
  /** Replaces a file that is there. */
  force: boolean;
  /** Its rights, whatever the umask says; absent: by the umask. */
  mode?: number;
}

/**
 * Rejects, before anything takes time, with a usage error for a path where no file can be made, and with a `confirm` error for
 * a file that is there and must not be replaced.
 */
export async function checkWholeFile(path: string, { option, force }: WholeFileOptions): Promise<void> {
  const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw usageError(`cannot write "${path}": ${messageOf(error)}`, `give ${option} a file`);
  });
  if (info && !info.isFile())
    throw usageError(`cannot write "${path}": it is not a file`, `give ${option} a file`);
  if (info && !force) throw isThere(path);
  // Only making a file shows whether one can be made.
  const probe = temporary(path);
  await (await create(probe, path, option)).close();
  await unlink(probe);
}

/**
 * Writes a file that is there whole or not at all, whatever happens meanwhile. Rejects as `checkWholeFile` does, and with an
 * `output` error when the disk is full.
 */
export async function writeWholeFile(path: string, text: string, options: WholeFileOptions): Promise<void> {
  // What a link leads to is replaced, not the link.
  const target = options.force ? await realpath(path).catch(() => path) : path;
  const temp = temporary(target);
  const handle = await create(temp, path, options.option);
  try {
    try {
      if (options.mode !== undefined) await handle.chmod(options.mode);
      await handle.writeFile(text);
      // Or a power cut could leave the new name with nothing behind it.
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (options.force) await rename(temp, target);
    else await moveTo(temp, target);
  } catch (error) {
    await unlink(temp).catch(() => undefined);
    if (error instanceof PushCliError) throw error;
    throw new PushCliError("output", `cannot write "${path}": ${messageOf(error)}`, { cause: error });
  }
}

/** Unlike a renaming, a second link to the file fails where somebody has made one of that name meanwhile. */
async function moveTo(temp: string, path: string): Promise<void> {
  try {
    await link(temp, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw isThere(path);
    // File systems without such links.
    if (await stat(path).catch(() => undefined)) throw isThere(path);
    await rename(temp, path);
    return;
  }
  await unlink(temp);
}

/** In the same folder, since a file system is not left by a rename. */
function temporary(path: string): string {
  return `${path}.${randomUUID()}.tmp`;
}

async function create(temp: string, path: string, option: string) {
  try {
    return await open(temp, "wx");
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    const reason = missing ? "its folder does not exist" : messageOf(error).replace(temp, path);
    throw usageError(`cannot write "${path}": ${reason}`, `give ${option} a file in an existing folder`);
  }
}

function isThere(path: string): PushCliError {
  return new PushCliError("confirm", `"${path}" already exists`, { hint: "use --force to overwrite it" });
}
