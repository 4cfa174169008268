/** The packages as npm would publish them. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { published } from "../../packaging/src/published.ts";

const run = promisify(execFile);

/** Packs what is built. Gives the tarballs' paths. */
export const pack = async (into: string): Promise<readonly string[]> => {
  const folders = published.map(({ folder }) => `./${folder}`);
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", into, ...folders], {
    maxBuffer: 2 ** 26,
  });
  return (JSON.parse(stdout) as readonly { readonly filename: string }[]).map(({ filename }) => join(into, filename));
};
