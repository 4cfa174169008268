import { cpu } from "@ropewalk/backend-node";
import { loadModel, openModel } from "@ropewalk/generation";
import { quantizeCheckpoint } from "@ropewalk/models";
import { perplexity, tokenStream } from "@ropewalk/evals";
import { selfExtend } from "@ropewalk/decoder";
import { readFileSync } from "node:fs";
const text = readFileSync("/work/shared/corpora/tinystories.txt", "utf8");
for (const p of ["none", "q8", "q4"] as const) {
  const opened = await openModel("packages/tiny-models/stories260K");
  const checkpoint = p === "none" ? opened.checkpoint : await quantizeCheckpoint(opened.checkpoint, p);
  const model = await loadModel({ ...opened, checkpoint }, { backend: cpu({ threads: 2 }) });
  const { ids, masked } = await tokenStream(model, text, { length: 512, windows: 60, separator: "<|endoftext|>" });
  const r = await perplexity(model, ids, { length: 512, windows: 60, masked });
  console.log(p, r.loss, Math.exp(r.loss), r.tokens);
}
