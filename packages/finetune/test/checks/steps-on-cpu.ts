/** What the other backends' steps are held to: those of the CPU in Node, over weights that are unpacked where they are in blocks. */
import { cpu } from "@ropewalk/backend-node";
import { openFolder } from "@ropewalk/models/node";
import { rootUrl } from "./place.ts";
import { takeSteps, type RunName, type Steps } from "./steps.ts";

export const stepsOnCpu = (name: RunName): Promise<Steps> =>
  takeSteps(
    { ...cpu({ threads: 1 }), quantizedWeights: "unpacked" },
    (path) => openFolder(new URL(path, rootUrl)),
    name,
  );
