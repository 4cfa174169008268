/** What a run brings back for the next token, and that it is the token that the logits say. */
import type { Backend } from "@ropewalk/backend";
import { selfExtend } from "@ropewalk/context-extension";
import { decoderOutputs } from "@ropewalk/decoder";
import { describe, expect, it } from "vitest";
import { argmax, createCache, prefill, releaseCache, runChunk, type Sampling } from "../../src/index.ts";
import { backends, load } from "../backends.ts";
import { stories260K } from "@ropewalk/tiny-models";

/** A backend that notes which outputs its sessions bring back. */
const watched = (backend: Backend) => {
  const read: string[] = [];
  const createSession: Backend["createSession"] = async (...given) => {
    const session = await backend.createSession(...given);
    return {
      ...session,
      run: (feeds, wanted) => {
        read.push(...wanted.read);
        return session.run(feeds, wanted);
      },
    };
  };
  return { read, backend: { ...backend, createSession } };
};

const ids = Array.from({ length: 90 }, (_, index) => 3 + ((index * 37) % 500));
const extension = selfExtend({ groupSize: 4, window: 32 });
const newTokens = 20;

describe.each(backends)("on $name", (backend) => {
  const generated = async (sampling: Sampling) => {
    const { read, backend: noted } = watched(backend);
    const plain = await load(noted, stories260K);
    const model = await plain.withExtension(extension);
    const tokens: number[] = [];
    for await (const token of model.generateTokens(ids, { sampling, maxNewTokens: newTokens, stopTokens: [] }))
      tokens.push(token);
    await plain.release();
    return { tokens, read };
  };

  it("greedy: the token alone, the one of the largest logit", async () => {
    const { tokens, read } = await generated({ kind: "greedy" });
    expect(new Set(read)).toEqual(new Set([decoderOutputs.likeliest]));

    const plain = await load(backend, stories260K);
    const { session, extended } = await plain.withExtension(extension);
    let { logits, cache } = await prefill(session, createCache(backend, extended, { length: 200 }), ids);
    const expected: number[] = [];
    while (expected.length < newTokens) {
      expected.push(argmax(logits));
      ({ logits, cache } = await runChunk(session, cache, expected.slice(-1), [0]));
    }
    releaseCache(cache);
    await plain.release();
    expect(tokens).toEqual(expected);
  });

  it("drawn: a row of logits, and among one the same token", async () => {
    const { tokens, read } = await generated({ kind: "sample", temperature: 1, topK: 1, seed: 1 });
    expect(new Set(read)).toEqual(new Set([decoderOutputs.logits]));
    expect(tokens).toEqual((await generated({ kind: "greedy" })).tokens);
  });
});
