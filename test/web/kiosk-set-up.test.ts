import { describe, expect, test } from "vitest";
import { samplePhotos, sampleStyles } from "../../web/pictures/samples";
import { languageNamed, preferredLanguage } from "../../web/rooms/kiosk/language";
import { type KioskSetUp, kioskOptions, kioskQuery, kioskSetUp, usualSetUp } from "../../web/rooms/kiosk/options";
import { captionOf, sessionTitle } from "../../web/rooms/kiosk/words";
import { kioskTexts, languages } from "../../web/texts/kiosk/languages";

const setUp = (query: string, maxSize?: number) => kioskSetUp(new URLSearchParams(query), maxSize);

const stated: KioskSetUp = {
  photos: [
    { url: "/images/a-1", title: "" },
    { url: "/samples/alps.jpg", title: "French Alps" },
  ],
  styles: [{ url: "/samples/engraving.jpg", title: "Engraving" }],
  size: 512,
  steps: 40,
  seconds: 5,
  idle: 20,
  camera: false,
  keep: true,
  hours: 2,
  phones: "https://museum.example",
  language: "de",
};
const address =
  "photos=/images/a-1,alps&styles=engraving&size=512&steps=40&seconds=5&idle=20&camera=0&keep=1&hours=2&phones=https://museum.example&lang=de";

describe("the address of an exhibition", () => {
  test("states what is painted and how", () => {
    expect(setUp(address)).toEqual(stated);
    expect(kioskQuery(stated)).toBe(address);
  });

  test("gives the defaults where it states nothing or something invalid", () => {
    expect(setUp("")).toEqual(usualSetUp);
    expect(
      setUp(
        "photos=unknown,http://x/y.jpg&size=1e9&steps=-1&seconds=x&idle=&camera=yes&keep=2&hours=721&phones=javascript:alert(1)&lang=tlh",
      ),
    ).toEqual(usualSetUp);
    expect(setUp("size=512", 256).size).toBeNull();
  });

  test("holds only what differs from the defaults, and each option by itself", () => {
    expect(kioskQuery(usualSetUp)).toBe("");
    for (const name of Object.keys(stated) as (keyof KioskSetUp)[]) {
      const changed = { ...usualSetUp, [name]: stated[name] };
      expect(kioskQuery(changed).split("&"), name).toHaveLength(1);
      expect(setUp(kioskQuery(changed)), name).toEqual(changed);
    }
  });

  test("keeps the order of the pictures, counts each once, and means all samples where none is chosen", () => {
    const photos = [...samplePhotos].reverse();
    expect(setUp(kioskQuery({ ...usualSetUp, photos })).photos).toEqual(photos);
    expect(setUp("photos=alps,alps,allium").photos.map(({ title }) => title)).toEqual(["French Alps", "Allium"]);
    expect(setUp(kioskQuery({ ...usualSetUp, styles: [] })).styles).toEqual(sampleStyles);
  });
});

describe("the language of an exhibition", () => {
  test("is named by the address with or without a region", () => {
    expect(["de", "de-AT", "FR", "es", "", null].map(languageNamed)).toEqual(["de", "de", "fr", null, null, null]);
  });

  test("is the first that the browser prefers and the kiosk speaks, else English", () => {
    expect([["es", "fr-CA", "de"], ["de-CH"], ["es"], []].map(preferredLanguage)).toEqual(["fr", "de", "en", "en"]);
  });

  test("gives samples their titles, and leaves uploads without", () => {
    const { photos, styles, language } = kioskOptions(stated, "fr");
    expect([...photos, ...styles].map(({ title }) => title)).toEqual(["", "Alpes françaises", "Gravure"]);
    expect(language).toBe("fr");
  });

  test.each(languages)("has captions without gaps for pictures without a title: $name", ({ tag }) => {
    const texts = kioskTexts[tag];
    const captions = [captionOf(texts, "A", "B"), captionOf(texts, "A", ""), captionOf(texts, "", "B"), captionOf(texts, "", "")];
    expect(new Set(captions).size).toBe(4);
    for (const caption of captions) expect(caption).toMatch(/^\p{Lu}[^,]*(, \p{Ll}.*\p{L}.*)?$/u);
    expect(captions[2]).toContain("B");
  });
});

test("a painting's session is named by what has a title", () => {
  expect([sessionTitle("A", "B"), sessionTitle("A", ""), sessionTitle("", "B"), sessionTitle("", "")]).toEqual([
    "Kiosk: A, B",
    "Kiosk: A",
    "Kiosk: B",
    "Kiosk",
  ]);
});
