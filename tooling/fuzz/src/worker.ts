/** The process of a door: told the door's name and a range, it tells each input that it begins, and the report. */
import { doors } from "./doors/index.ts";
import { runDoor } from "./run-door.ts";
import type { Range, Told } from "./run-in-process.ts";

const [name, range] = process.argv.slice(2);
const tell = (told: Told): void => void process.send!(told);
const report = await runDoor(
  doors.find((door) => door.name === name)!,
  {
    ...(JSON.parse(range!) as Range),
    onInput: (input) => tell({ kind: "input", input }),
  },
);
process.send!({ kind: "report", report } satisfies Told, () => process.exit());
