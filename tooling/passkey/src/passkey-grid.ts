/** The passkey grid of a trained folder, as the command `ropewalk passkey` gives it. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Cell } from "./grid-bars.ts";

const cli = fileURLToPath(new URL("../../../apps/cli/src/main.ts", import.meta.url));

/** @throws Error with what the command says when it fails */
export const passkeyGrid = async (folder: string, args: readonly string[] = []): Promise<readonly Cell[]> => {
  const asked = ["passkey", folder, "--workers", "2", ...args, "--json"];
  const { stdout } = await promisify(execFile)(process.execPath, ["--conditions=@ropewalk/source", cli, ...asked]);
  return (JSON.parse(stdout) as { readonly cells: readonly Cell[] }).cells;
};
