/** Runs of one model that bring back what they like; what was read, saved from the device's memory to a file, and opened to it again. */
import { selfExtend } from "@ropewalk/context-extension";
import { loadModel, type Sampling } from "@ropewalk/generation";
import { expectThat, type Check } from "./place.ts";

const ids = Array.from({ length: 320 }, (_, index) => 3 + ((index * 37) % 500));

export const savedChecks: readonly Check[] = [
  {
    slow: true,
    name: "runs of one model may ask for tokens, for logits of any number of rows, and for tokens again",
    run: async ({ backend, model }) => {
      const loaded = await loadModel(await model("packages/tiny-models/stories260K"), { backend });
      const start = ids.slice(0, 5);
      const told = async (sampling: Sampling): Promise<string> => {
        const tokens: number[] = [];
        for await (const token of loaded.generateTokens(start, { maxNewTokens: 4, stopTokens: [], sampling }))
          tokens.push(token);
        return tokens.join();
      };
      const greedy: Sampling = { kind: "greedy" };
      const drawn: Sampling = { kind: "sample", temperature: 1, topK: 1, seed: 1 };
      const [first, rows, second, fewer, third] = [
        await told(greedy),
        await loaded.logits(start),
        await told(drawn),
        await loaded.logits(start.slice(0, 3)),
        await told(greedy),
      ];
      await loaded.release();
      expectThat(first === second && first === third, `the tokens must be the same, got ${first}, ${second}, ${third}`);
      const off = fewer.reduce((most, value, at) => Math.max(most, Math.abs(value - rows[at]!)), 0);
      expectThat(off < 1e-3, `logits must be the same, off by ${off}`);
    },
  },
  {
    slow: true,
    name: "what was read is in a file what it was on the device",
    run: async ({ backend, model, file }) => {
      const extension = selfExtend({ groupSize: 4, window: 64 });
      const loaded = await loadModel(await model("packages/tiny-models/stories260K"), { backend, extension });
      const read = await loaded.read(ids);
      const bytes = await read.save(file("read.kv"));
      const opened = await loaded.open(file("read.kv"));
      const again = await opened.save(file("again.kv"));
      const [one, other] = [
        await loaded.logits([9, 8], { after: read }),
        await loaded.logits([9, 8], { after: opened }),
      ];
      await loaded.release();
      expectThat(bytes === again && bytes > 200_000, `both files must be as large, got ${bytes} and ${again}`);
      const off = one.reduce((most, value, at) => Math.max(most, Math.abs(value - other[at]!)), 0);
      expectThat(off < 1e-5 && one.some((value) => value !== 0), `logits must be the same, off by ${off}`);
    },
  },
];
