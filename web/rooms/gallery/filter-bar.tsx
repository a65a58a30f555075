import { useEffect, useState } from "react";
import { networkNamed, shortTitle } from "../../networks/networks";
import { useNetworks } from "../../networks/use-networks";
import { displayUrl } from "../../parts/display-url";
import { SelectControl } from "../../parts/select-control";
import button from "../../parts/text-button.module.css";
import { galleryTexts } from "../../texts/gallery";
import styles from "./filter-bar.module.css";
import { type GalleryFilter, isFiltered, kinds, noFilter, type StatusGroup, statusGroups } from "./gallery-filter";
import { wallSizes } from "./use-wall-size";

const texts = galleryTexts.filter;
const ANY = "";
/** Pause in typing after which the search starts, ms. */
const TYPED_MS = 300;

interface Props {
  filter: GalleryFilter;
  /** Height of a row of pictures, rem. */
  size: number;
  onSize(size: number): void;
  onChange(filter: GalleryFilter): void;
}

/** The controls of the gallery's filter. */
export function FilterBar({ filter, size, onSize, onChange }: Props) {
  const { networks } = useNetworks();
  const statuses = Object.keys(statusGroups) as StatusGroup[];
  return (
    <section className={styles.bar} aria-label={texts.title}>
      <TextFilter key={filter.text} text={filter.text} onChange={(text) => onChange({ ...filter, text })} />
      <SelectControl
        title={texts.kind}
        options={[
          { value: ANY, title: texts.anyKind },
          ...kinds.map((value) => ({ value: value as string, title: galleryTexts.kinds[value] })),
        ]}
        value={filter.kind ?? ANY}
        onChange={(value: string) => onChange({ ...filter, kind: kinds.find((kind) => kind === value) ?? null })}
      />
      <SelectControl
        title={texts.status}
        options={[
          { value: ANY, title: texts.anyStatus },
          ...statuses.map((value) => ({ value: value as string, title: texts.statuses[value] })),
        ]}
        value={filter.status ?? ANY}
        onChange={(value: string) => onChange({ ...filter, status: statuses.find((status) => status === value) ?? null })}
      />
      <SelectControl
        title={texts.model}
        options={[
          { value: ANY, title: texts.anyModel },
          ...(networks ?? []).map(({ id, title }) => ({ value: id, title: shortTitle(title) })),
        ]}
        value={networkNamed(networks, filter.model)?.id ?? filter.model ?? ANY}
        onChange={(value: string) => onChange({ ...filter, model: value === ANY ? null : value })}
      />
      <SelectControl
        title={texts.order}
        options={[
          { value: "newest", title: texts.newest },
          { value: "oldest", title: texts.oldest },
        ]}
        value={filter.oldestFirst ? "oldest" : "newest"}
        onChange={(value) => onChange({ ...filter, oldestFirst: value === "oldest" })}
      />
      <label className={styles.check}>
        <input type="checkbox" checked={filter.starred} onChange={(event) => onChange({ ...filter, starred: event.target.checked })} />
        {texts.starred}
      </label>
      <label className={styles.check}>
        {texts.size}
        <input type="range" {...wallSizes} value={size} onChange={(event) => onSize(Number(event.target.value))} />
      </label>
      {filter.image && (
        <figure className={styles.picture}>
          {/* biome-ignore lint/performance/noImgElement: an export has no image optimiser, and these paths are immutable. */}
          <img src={displayUrl(`/images/${filter.image}`, 64)} alt="" />
          <figcaption>{texts.picture}</figcaption>
        </figure>
      )}
      {isFiltered(filter) && (
        <button type="button" className={button.accent} onClick={() => onChange(noFilter)}>
          {texts.clear}
        </button>
      )}
    </section>
  );
}

function TextFilter({ text, onChange }: { text: string; onChange(text: string): void }) {
  const [typed, setTyped] = useState(text);
  useEffect(() => {
    if (typed === text) return;
    const timer = setTimeout(() => onChange(typed), TYPED_MS);
    return () => clearTimeout(timer);
  });
  return (
    <label className={styles.text}>
      {texts.text}
      <input className={styles.input} type="search" value={typed} maxLength={200} onChange={(event) => setTyped(event.target.value)} />
    </label>
  );
}
