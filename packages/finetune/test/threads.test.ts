/** The same run gives the same gradients to the bit, however many threads work on it: a row of the embedding is read many times. */
import { cpu } from "@ropewalk/backend-node";
import { extendDecoder } from "@ropewalk/decoder";
import { loadCheckpoint } from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import { passkey875k } from "@ropewalk/tiny-models";
import { expect, it } from "vitest";
import { openLossGraph, readParameters } from "../src/index.ts";

it("gradients on two threads are the same every time", async () => {
  const checkpoint = await loadCheckpoint(await openFolder(passkey875k.url));
  const parameters = await readParameters(checkpoint);
  const batch = { batchSize: 8, seqLen: 256 };
  const names = ["model.embed_tokens.weight", "model.layers.0.self_attn.q_proj.weight"];
  const extended = extendDecoder(checkpoint.decoder, {});
  const graph = await openLossGraph({ backend: cpu({ threads: 2 }), extended, batch, learned: names });
  const ids = Array.from({ length: batch.batchSize }, (_, row) =>
    Array.from({ length: batch.seqLen }, (__, at) => (row * 31 + at * at) % 3),
  );
  const first = await graph.gradients(parameters, { ids });
  for (let run = 0; run < 8; run++) expect(await graph.gradients(parameters, { ids })).toEqual(first);
  await graph.release();
});
