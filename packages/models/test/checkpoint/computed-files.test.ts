import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { computedFile } from "../../src/checkpoint/computed-files.ts";
import { inMemoryFile } from "../../src/folder/checkpoint-folder.ts";

describe("computedFile", () => {
  it("reads any range of what its parts make together", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 5 })), fc.nat(), fc.nat(), async (parts, a, b) => {
        const all = Buffer.concat(parts);
        const [from, to] = [a % (all.length + 1), b % (all.length + 1)].toSorted((x, y) => x - y) as [number, number];
        const origin = inMemoryFile("origin", new Uint8Array());
        const { source } = computedFile("computed", all.length, origin, async function* () {
          yield* parts;
        });
        expect(await source.read(from, to)).toEqual(new Uint8Array(all.subarray(from, to)));
      }),
    );
  });
});
