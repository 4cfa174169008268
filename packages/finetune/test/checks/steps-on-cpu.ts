/** What the other backends' steps are held to: those of the CPU in Node, over weights that are unpacked where they are in blocks. */
import { cpu } from "@ropewalk/backend-node";
import { openFolder } from "@ropewalk/models/node";
import { inRepository } from "@ropewalk/testing/repository";
import { takeSteps, type RunName, type Steps } from "./steps.ts";

export const stepsOnCpu = (name: RunName): Promise<Steps> =>
  takeSteps({ ...cpu({ threads: 1 }), quantizedWeights: "unpacked" }, (path) => openFolder(inRepository(path)), name);
