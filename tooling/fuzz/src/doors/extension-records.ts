import {
  checkExtension,
  compose,
  dynamicNtk,
  entropyAbf,
  leakyReRope,
  logN,
  readRecord,
  recordOf,
  reRope,
  selfExtend,
  slidingWindow,
  yarn,
  type ExtensionRecord,
} from "@ropewalk/context-extension";
import { mutateJson, type Json } from "../mutations/mutate-json.ts";
import { defineDoor } from "./define-door.ts";

const extensions = [
  {},
  selfExtend({ groupSize: 4, window: 64 }),
  compose(selfExtend({ groupSize: 8, window: 32 }), logN({ trainedContext: 64 })),
  reRope({ window: 40 }),
  compose(leakyReRope({ factor: 4, window: 30 }), logN({ trainedContext: 64 })),
  slidingWindow({ window: 20 }),
  yarn({ factor: 4, originalContext: 64 }),
  dynamicNtk({ factor: 2, originalContext: 64 }),
  entropyAbf({ trainedContext: 64, theta: 500_000 }),
];

export const extensionRecords = defineDoor<Json>({
  name: "extension records",
  seeds: () => extensions.map((extension) => JSON.parse(JSON.stringify(recordOf(extension))) as Json),
  mutate: mutateJson,
  call: (record) => {
    const extension = readRecord("readRecord", "record", record as ExtensionRecord);
    checkExtension("readRecord", extension);
    return recordOf(extension);
  },
});
