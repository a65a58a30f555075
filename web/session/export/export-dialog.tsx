import { Dialog } from "radix-ui";
import { useState } from "react";
import { useMayMake } from "../../parts/access";
import dialog from "../../parts/dialog.module.css";
import { Modal } from "../../parts/modal";
import { type OptionGroup, SelectControl } from "../../parts/select-control";
import { exportTexts as texts } from "../../texts/export";
import { CopyPicture } from "./copy-picture";
import { type ExportFormat, fileAddress, filmFormats, type Subject, sizesOf, stillFormats } from "./export-choices";
import { FilmMaker } from "./film-maker";
import { useFilm } from "./use-film";

/**
 * A dialog that downloads a session's picture, its settings or, for those who may make one, its time-lapse, in one of the
 * sizes and formats.
 */
export function ExportDialog({ subject }: { subject: Subject }) {
  const { id, isPainting, extent, beside } = subject;
  const making = useFilm(id, beside?.id ?? null);
  const [format, setFormat] = useState<ExportFormat>("png");
  const [chosen, setChosen] = useState<number | null>(null);
  const sizes = sizesOf(extent);
  const size = sizes.find((one) => one.size === chosen) ?? sizes[0];
  const mayMake = useMayMake();
  const films = isPainting && mayMake ? filmFormats.filter(({ format: film }) => making.formats.includes(film)) : [];
  const film = filmFormats.find((one) => one.format === format);
  const groups: OptionGroup<ExportFormat>[] = [
    {
      title: texts.picture(subject.step, beside?.name ?? null),
      options: stillFormats.map(({ ending, title }) => ({ value: ending, title })),
    },
    { title: texts.film, options: films.map(({ format: value, title }) => ({ value, title: texts.filmAs(title) })) },
    { title: texts.settings, options: isPainting ? [{ value: "json" as const, title: texts.settingsAs("JSON") }] : [] },
  ].filter((group) => group.options.length > 0);
  return (
    <Modal
      trigger={<Dialog.Trigger className={subject.isPrimary ? "button primary" : "button"}>{texts.open}</Dialog.Trigger>}
      title={texts.title}
      onOpenChange={making.forget}
    >
      <div className={dialog.form}>
        <SelectControl title={texts.format} options={groups} value={format} onChange={(value: ExportFormat) => setFormat(value)} />
        {format !== "json" && size && (
          <SelectControl
            title={texts.size}
            options={sizes.map((one) => ({ value: String(one.size), title: texts.extent(one.width, one.height) }))}
            value={String(size.size)}
            onChange={(value) => setChosen(Number(value))}
          />
        )}
        <p className="note">{noteOf(subject, format)}</p>
        {film && size ? (
          <FilmMaker making={making} form={{ format: film.format, size: size.size }} />
        ) : (
          <div className={dialog.actions}>
            <Dialog.Close className="button">{texts.close}</Dialog.Close>
            {format !== "json" && <CopyPicture url={fileAddress(subject, "png", size?.size ?? null)} />}
            <a className="button primary" href={fileAddress(subject, format, size?.size ?? null)} download>
              {texts.download}
            </a>
          </div>
        )}
      </div>
    </Modal>
  );
}

/** What a file is good for. */
function noteOf({ isPainting, beside, step }: Subject, format: ExportFormat): string {
  if (format === "json") return texts.aboutSettings;
  if (filmFormats.some((film) => film.format === format)) return texts.aboutFilm;
  if (!isPainting) return "";
  return beside ? texts.at(step) : `${texts.at(step)} ${texts.aboutPicture}`;
}
