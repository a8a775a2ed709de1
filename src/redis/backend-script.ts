import type { BackendScript } from "../pool/ports.ts";
import go from "./examples/claim-go.example";
import java from "./examples/claim-java.example";
import node from "./examples/claim-node.example";
import php from "./examples/claim-php.example";
import python from "./examples/claim-python.example";
import claimPool from "./lua/claim-pool.lua";
import { script } from "./scripts.ts";

/**
 * The claim script for backends that take codes themselves; its header stays at the top for readers who find it in
 * a repository.
 */
export function claimScript(): BackendScript {
  const { name, sha1, source } = script("claim", claimPool);
  const header = /^(?:--.*\n)+/.exec(claimPool)?.[0] ?? "";
  return {
    name,
    sha1,
    source,
    header: header.replace(/^-- ?/gm, "").trim(),
    examples: { java, php, python, go, node },
  };
}
