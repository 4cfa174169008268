/** The rewritten forms of an export: portable, for generation, and with its attention given out. */
import { extendExport, tablePlaces, type ExtendOptions } from "@ropewalk/onnx-exports";
import { readFileSync } from "node:fs";
import { digestOf, type GraphDigest } from "./digest.ts";
import { extensions } from "./extensions.ts";

const forms: Readonly<Record<string, Pick<ExtendOptions, "runtime" | "cache" | "attentions">>> = {
  portable: {},
  "portable-with-maps": { attentions: "maps" },
  "portable-with-entropies": { attentions: "entropies" },
  "for-ropewalk": { runtime: "ropewalk" },
  "for-ropewalk-in-q8": { runtime: "ropewalk", cache: "q8" },
};

export const exportGraphs = (name: string, folder: URL): readonly GraphDigest[] => {
  const model = new Uint8Array(readFileSync(new URL("model.onnx", folder)));
  const config: unknown = JSON.parse(readFileSync(new URL("config.json", folder), "utf8"));
  const tables = tablePlaces(model).map((place) => {
    const file = readFileSync(new URL(place.location, folder));
    return { ...place, bytes: file.subarray(place.offset, place.offset + place.length) };
  });
  return Object.entries(extensions).flatMap(([extension, value]) =>
    Object.entries(forms).map(([form, options]): GraphDigest => {
      const title = `${name}/${extension}/${form}`;
      try {
        return digestOf(title, extendExport({ ...options, extension: value, config, tables }, model).model);
      } catch (error) {
        if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
        return { name: `${title}/refused`, digest: error.name };
      }
    }),
  );
};
