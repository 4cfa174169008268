/** Small files in the shapes of SQuAD's and HotpotQA's. */

const things = ["lamp", "bridge", "garden", "engine", "letter", "harbour", "clock", "mill"];
const places = ["Aldby", "Brox", "Corvale", "Dunmere", "Estry", "Farrow", "Glenn", "Hale"];

const about = (thing: string, place: string): string =>
  `The old ${thing} of ${place} was made by hand in a long winter. People came from far away to see the ${thing}, and many of them stayed for a night or two. ` +
  `Nobody in ${place} knows who paid for it.`;

export const squad = JSON.stringify({
  version: "v2.0",
  data: places.map((place) => ({
    title: place,
    paragraphs: things.slice(0, 4).map((thing) => ({
      context: about(thing, place),
      qas: [
        {
          id: `${place}-${thing}`,
          question: `Where did people come to see the ${thing} of ${place}?`,
          answers: [
            { text: `The old ${thing} of ${place}`, answer_start: 0 },
            { text: "nowhere at all", answer_start: 0 },
          ],
        },
        { id: `${place}-${thing}-none`, question: "What is not said?", answers: [], is_impossible: true },
      ],
    })),
  })),
});

export const hotpot = JSON.stringify(
  places.map((place, index) => ({
    _id: String(index),
    question: `Which place has both the ${things[index]} and the ${things[(index + 1) % 8]}?`,
    answer: place,
    supporting_facts: [
      [`${things[index]} of ${place}`, 0],
      [`${things[(index + 1) % 8]} of ${place}`, 1],
    ],
    context: things.map((thing) => [`${thing} of ${place}`, about(thing, place).split(/(?<=\.)/)]),
  })),
);
