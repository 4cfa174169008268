/** A picture of `@ropewalk/charts`, drawn when the site is built; as an image it is light or dark as the page is. */
import { defineComponent, h, type PropType } from "vue";
import { data, type Figures } from "../figures.data.ts";

export const Figure = defineComponent({
  name: "Figure",
  props: { of: { type: String as PropType<keyof Figures>, required: true } },
  setup: (props) => () => {
    const { svg, title, width, height } = data[props.of];
    const src = `data:image/svg+xml,${encodeURIComponent(svg)}`;
    return h("img", { class: "figure", src, alt: title, width, height });
  },
});
