import { cpu } from "@ropewalk/backend-node";
import { loadModel, openModel } from "@ropewalk/generation";
import { quantizeCheckpoint } from "@ropewalk/models";
import { readFileSync } from "node:fs";
const rss = (w: string) => {
  const s = readFileSync("/proc/self/status", "utf8");
  console.log(
    w,
    (performance.now() / 1000).toFixed(1) + "s",
    s.match(/VmRSS:\s+(\d+)/)![1]!.slice(0, -3) + "MB",
    "anon",
    s.match(/RssAnon:\s+(\d+)/)![1]!.slice(0, -3),
    "file",
    s.match(/RssFile:\s+(\d+)/)![1]!.slice(0, -3),
    "peak",
    s.match(/VmHWM:\s+(\d+)/)![1]!.slice(0, -3),
  );
};
const opened = await openModel(process.argv[2]!);
rss("opened");
const p = process.argv[3] as "q4" | "q8" | "none";
const checkpoint = p === "none" ? opened.checkpoint : await quantizeCheckpoint(opened.checkpoint, p);
rss("quantized");
const model = await loadModel({ ...opened, checkpoint }, { backend: cpu({ threads: 2 }) });
rss("loaded");
const ids = Array.from({ length: Number(process.argv[4] ?? 2048) }, (_, i) => ((i * 7919) % 30000) + 3);
const out: number[] = [];
for await (const t of model.generateTokens(ids, {
  maxNewTokens: 16,
  beyondCapacity: "allow",
  stopTokens: [],
  onDone: (d) => console.log(d),
}))
  out.push(t);
console.log(out.join());
rss("generated");
