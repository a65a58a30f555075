import { useState } from "react";
import textButton from "../../parts/text-button.module.css";
import { type Draft, oneStyle } from "../../session/draft";
import { sketch } from "../../session/recipe";
import { easelTexts as texts } from "../../texts/easel";

interface Props {
  draft: Draft;
  /** Whether anything differs from a new draft. */
  isChanged: boolean;
  onUse(draft: Draft): void;
}

/** Begins anew, with the pictures still at hand; until something is changed, this can be undone. */
export function StartOver({ draft, isChanged, onUse }: Props) {
  const [before, setBefore] = useState<Draft | null>(null);
  if (!isChanged && !before) return null;
  const startOver = () => {
    setBefore(draft);
    onUse({ photo: { own: draft.photo.own, url: "" }, style: { own: draft.style.own, url: "" }, recipe: sketch, mix: oneStyle });
  };
  const undo = () => {
    if (before) onUse(before);
    setBefore(null);
  };
  return (
    <button type="button" className={textButton.quiet} onClick={isChanged ? startOver : undo}>
      {isChanged ? texts.startOver : texts.notStartOver}
    </button>
  );
}
