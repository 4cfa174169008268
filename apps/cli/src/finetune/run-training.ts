/** Runs the training with a bar. Every few steps the state is saved, and the last step's state however the run ends. */
import { train, type TrainConfig, type Trained, type TrainStep } from "@ropewalk/finetune";
import { trainingBar } from "../terminal/progress-bars.ts";
import { notice } from "../terminal/notice.ts";
import { duration } from "../render/units.ts";
import type { States } from "./training-states.ts";

const words = ({ loss, evaluation, tokensPerSecond, timeLeft }: TrainStep, before: string): Record<string, string> => ({
  loss: loss.toFixed(3),
  held: evaluation === undefined ? before : `, held out ${evaluation.toFixed(3)}`,
  rate: Math.round(tokensPerSecond).toLocaleString("en"),
  left: duration(timeLeft),
});

export type Done = { readonly trained: Trained; readonly steps: readonly TrainStep[] };

/**
 * @param saveEvery - steps between two saved states
 * @throws the error of `train`, or the signal's reason; the last whole step is saved before
 */
export const runTraining = async (
  training: TrainConfig,
  states: States,
  { saveEvery, signal }: { readonly saveEvery: number; readonly signal: AbortSignal },
): Promise<Done> => {
  const { start } = states;
  const bar = trainingBar();
  const steps: TrainStep[] = [];
  let held = "";
  let kept = start?.step ?? 0;
  const keep = async ({ step, state }: TrainStep): Promise<void> => {
    if (step === kept) return;
    await states.write(state);
    kept = step;
  };
  const onStep = async (step: TrainStep): Promise<void> => {
    steps.push(step);
    const shown = words(step, held);
    held = shown["held"]!;
    bar.update(step.step, shown);
    if (step.step % saveEvery === 0 || step.step === training.steps) await keep(step);
  };
  bar.start(training.steps, kept, { loss: "-", held, rate: "-", left: "-" });
  try {
    const trained = await train({ ...training, ...(start && { start }), signal, onStep });
    return { trained, steps };
  } catch (error) {
    bar.stop();
    const last = steps.at(-1);
    // The error that ended the run is thrown in any case. A full disk may be that error, and is then not reported twice.
    await (last && keep(last))?.catch(({ message }: Error) => {
      if (message !== (error as Error).message) notice(`finetune: ${message}`);
    });
    if (kept > 0)
      notice(`finetune: step ${kept} of ${training.steps} is kept in ${states.folder}; --resume goes on from it`);
    throw error;
  } finally {
    bar.stop();
  }
};
