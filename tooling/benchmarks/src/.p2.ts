import { cpu } from "@ropewalk/backend-node";
import { loadModel, openModel } from "@ropewalk/generation";
import { quantizeCheckpoint, inMemory, loadCheckpoint } from "@ropewalk/models";
import { perplexity, tokenStream } from "@ropewalk/evals";
import { readFileSync } from "node:fs";
const text = readFileSync("/work/shared/corpora/tinystories.txt", "utf8");
const opened = await openModel("packages/tiny-models/stories260K");
// dequantised float32 simulation with a choice of scale rule
const raw = (name: string) => {
  const e = opened.checkpoint.tensors.get(name)!;
  const b = readFileSync("packages/tiny-models/stories260K/model.safetensors");
  return new Float32Array(b.buffer.slice(b.byteOffset + e.offset, b.byteOffset + e.offset + e.length));
};
const fileBytes = readFileSync("packages/tiny-models/stories260K/model.safetensors");
type Rule = (v: Float32Array) => number[];
const big = (v: Float32Array) => {
  let m = 0;
  for (const x of v) if (Math.abs(x) > Math.abs(m)) m = x;
  return m;
};
const ls = (v: Float32Array, s: number) => {
  let a = 0,
    b = 0;
  for (const x of v) {
    const q = Math.max(-8, Math.min(7, Math.round(x / s)));
    a += x * q;
    b += q * q;
  }
  return b === 0 ? s : a / b;
};
const err = (v: Float32Array, s: number) => {
  let e = 0;
  for (const x of v) {
    const q = Math.max(-8, Math.min(7, Math.round(x / s)));
    e += (x - q * s) ** 2;
  }
  return e;
};
const rules: Record<string, Rule> = {
  "best2+ls": (v) => {
    const m = big(v);
    const c = [-m / 8, m / 7];
    return [...c, ...c.map((s) => ls(v, s))];
  },
  "best3+ls": (v) => {
    const m = big(v);
    const c = [-m / 8, -m / 7, m / 7, -m / 8.7];
    return [...c, ...c.map((s) => ls(v, s))];
  },
  "ls2 on best": (v) => {
    const m = big(v);
    const c = [-m / 8, m / 7, -m / 7, -m / 9];
    const best = c.toSorted((a, b) => err(v, a) - err(v, b))[0]!;
    const s1 = ls(v, best);
    return [best, s1, ls(v, s1)];
  },
  "-8,-7..": (v) => {
    const m = big(v);
    return [-m / 8, -m / 7.4, -m / 6.8, -m / 8.6];
  },
};
for (const [n, rule] of Object.entries(rules)) {
  const bytes = Buffer.from(fileBytes);
  for (const name of opened.decoder.projections) {
    const [out, inner] = opened.decoder.tensors[name] as [number, number];
    const v = raw(name);
    const e = opened.checkpoint.tensors.get(name)!;
    const f = new Float32Array(v.length);
    for (let r = 0; r < out; r++)
      for (let b = 0; b < inner; b += 32) {
        const blk = v.subarray(r * inner + b, Math.min(r * inner + b + 32, (r + 1) * inner));
        let best = Infinity,
          bs = 0;
        for (const s of rule(blk)) {
          let err = 0;
          for (const x of blk) {
            const q = Math.max(-8, Math.min(7, Math.round(x / s)));
            err += (x - q * s) ** 2;
          }
          if (err < best) {
            best = err;
            bs = s;
          }
        }
        blk.forEach(
          (x, k) => (f[r * inner + b + k] = bs === 0 ? 0 : bs * Math.max(-8, Math.min(7, Math.round(x / bs)))),
        );
      }
    bytes.set(new Uint8Array(f.buffer), e.offset);
  }
  const checkpoint = await loadCheckpoint(
    inMemory("x", {
      "config.json": readFileSync("packages/tiny-models/stories260K/config.json"),
      "model.safetensors": new Uint8Array(bytes),
    }),
  );
  const model = await loadModel({ ...opened, checkpoint }, { backend: cpu({ threads: 2 }) });
  const { ids, masked } = await tokenStream(model, text, { length: 512, windows: 60, separator: "<|endoftext|>" });
  const r = await perplexity(model, ids, { length: 512, windows: 60, masked });
  console.log(n, r.loss, Math.exp(r.loss) / 4.361478947204102 - 1);
}
