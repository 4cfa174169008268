/** Products with matrices in blocks, as the CPU computes them, beside plain loops in float64. Activations are rounded to 8 bits on the way. */
import { cpu } from "@ropewalk/backend-node";
import { float32, type HostTensor } from "@ropewalk/backend";
import { encode, tape as newTape } from "@ropewalk/graph";
import { noise } from "@ropewalk/testing/numbers/noise";
import { expect, it } from "vitest";
import { quantizeBlocks, type BlockForm } from "../../src/index.ts";
import { unpack } from "./random-blocks.ts";

const [N, K] = [48, 256];

const forms: readonly BlockForm[] = [
  { bits: 4, blockSize: 32 },
  ...[32, 64, 128].map((blockSize) => ({ bits: 8, blockSize }) as const),
];

it.each(forms)("in $bits bits, blocks of $blockSize", async (form) => {
  const { bits, blockSize } = form;
  const blocks = quantizeBlocks(form, noise(N * K, 1), K);
  const read = unpack(form, blocks, K);
  const tape = newTape();
  const perRow = K / blockSize;
  tape.output(
    "y",
    tape.op(
      "MatMulNBits",
      [
        tape.input("x", "float32", ["rows", K]),
        tape.constant("uint8", [N, perRow, (blockSize * bits) / 8], blocks.elements),
        tape.constant("float32", [N, perRow], blocks.scales),
      ],
      { N, K, bits, block_size: blockSize, accuracy_level: 4 },
      { domain: "com.microsoft" },
    ),
  );
  const session = await cpu({ threads: 2 }).createSession(encode(tape.model()));
  for (const rows of [1, 7, 64, 96]) {
    const x = noise(rows * K, rows);
    const { y } = await session.run({ x: float32([rows, K], x) }, { read: ["y"] });
    const { data } = y as HostTensor;
    for (let at = 0; at < rows * N; at++) {
      const [row, n] = [Math.floor(at / N), at % N];
      let [sum, size] = [0, 0];
      for (let k = 0; k < K; k++) {
        const weight = read[n * K + k]!;
        sum += x[row * K + k]! * weight;
        size += weight * weight;
      }
      // An activation of at most 1 is off by at most 1/254 after rounding, evenly: a deviation of 1/254/√3 a term.
      const deviation = Math.sqrt(size / 3) / 254;
      expect(Math.abs(Number(data[at]) - sum)).toBeLessThan(6 * deviation);
    }
  }
  await session.release();
});
