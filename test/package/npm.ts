import { execFile } from "node:child_process";

export interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs npm or npx in a folder as a user would: not as a part of the `npm test` around it, whose settings npm hands down. */
export function runNpm(program: "npm" | "npx", args: string[], cwd: string): Promise<Result> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|INIT_CWD|NODE_ENV|VITEST)/.test(name),
  );
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd, env: Object.fromEntries(inherited) }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === "number") resolve({ code, stdout, stderr });
      else reject(error);
    });
  });
}
