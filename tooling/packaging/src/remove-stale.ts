/** Built files whose source is gone: TypeScript leaves them where they are, and npm would publish them. Part of `build:packages`. */
import { existsSync, globSync, rmSync } from "node:fs";
import { published } from "./published.ts";
import { sourceOf } from "./tarball.ts";

let removed = 0;
for (const { folder } of published)
  for (const path of globSync("dist/**/*.{js,d.ts,js.map,d.ts.map}", { cwd: folder }))
    if (!existsSync(`${folder}/${sourceOf(path.replaceAll("\\", "/"))}`)) {
      rmSync(`${folder}/${path}`);
      removed += 1;
    }
if (removed > 0) console.log(`${removed} built files without a source removed`);
