import type { sampleTitles } from "../pictures";

/** Every text that visitors of an exhibition see. A language that lacks one does not compile. */
export interface KioskTexts {
  heading: string;
  paintMe: string;
  choose: string;
  back: string;
  look: string;
  noCamera: string;
  /** A painting whose photo and style both have a title. */
  painting(photo: string, style: string): string;
  /** A painting of an untitled photo. */
  inStyle(style: string): string;
  /** A painting of an untitled photo in an untitled style. */
  untitled: string;
  /** Name of an untitled style, by its place among the styles, from 1. */
  style(place: number): string;
  /** What a visitor's painting shows. */
  you: string;
  step(step: number, steps: number): string;
  finished: string;
  waiting: string;
  offline: string;
  privacy: string;
  privacyKept: string;
  takeHome: string;
  takeHomeHint: string;
  /** Where paintings are kept. */
  takeHomeHintKept: string;
  scan: string;
  /** How long the link lasts. */
  scanHint(hours: number): string;
  /** Where an admin of the server looks at paintings before they are shown. */
  scanApproval: string;
  /** What a visitor asked for could not be done, as while the server is away. */
  notNow: string;
  /** The page of a painting on a visitor's phone. */
  home: {
    title: string;
    download: string;
    until(when: string): string;
    gone: string;
    /** The painting was not approved yet. */
    waits: string;
    working: string;
  };
  fullScreen: string;
  broken: string;
  /** Titles of the photos and styles that come with the studio, by their file names. */
  titles: Readonly<Record<Exclude<keyof typeof sampleTitles, `line-${string}`>, string>>;
}
