import { RadioGroup } from "radix-ui";
import headings from "../../parts/headings.module.css";
import type { Recipe } from "../../session/recipe";
import { easelTexts as texts } from "../../texts/easel";
import type { PresetPictures } from "./preset-album";
import styles from "./preset-choice.module.css";
import { presetOf, presets } from "./presets";

interface Props {
  recipe: Recipe;
  /** Presets painted from the user's own pictures; the others show an example. */
  pictures: PresetPictures;
  onChange(recipe: Recipe): void;
}

/** The presets, each with a picture; choosing one keeps the network. */
export function PresetChoice({ recipe, pictures, onChange }: Props) {
  const chosen = presetOf(recipe);
  return (
    <section className={styles.presets} aria-label={texts.presetsTitle}>
      <h2 className={headings.part}>{texts.presetsTitle}</h2>
      <RadioGroup.Root
        className={styles.list}
        aria-label={texts.presetsTitle}
        orientation="horizontal"
        value={chosen?.id ?? ""}
        onValueChange={(id) => {
          const preset = presets.find((known) => known.id === id);
          if (preset) onChange({ ...preset.recipe, model: recipe.model });
        }}
      >
        {presets.map(({ id }) => (
          <RadioGroup.Item key={id} value={id} className={`bare ${styles.preset}`} title={texts.presets[id].help}>
            {/* biome-ignore lint/performance/noImgElement: an export has no image optimiser. */}
            <img src={pictures[id] ?? `/presets/${id}.webp`} alt="" width={192} height={144} loading="lazy" decoding="async" />
            <span>{texts.presets[id].title}</span>
          </RadioGroup.Item>
        ))}
      </RadioGroup.Root>
      <p className={styles.help} aria-live="polite">
        {chosen ? texts.presets[chosen.id].help : " "}
      </p>
    </section>
  );
}
