/** The exhibition page's entry in the browser, and the page that sets it up. */
export const kioskPage = { title: "Kiosk", description: "Paintings in the making, for exhibitions." } as const;

/** The page of a painting on a visitor's phone, before its language is known. */
export const takeHomePage = { title: "Your painting", description: "A painting from an exhibition." } as const;

export const setUpTexts = {
  page: { title: "Set up a kiosk", description: "Choose what an exhibition shows, and copy its address." },
  heading: "Set up a kiosk",
  lead: "A kiosk fills a screen with paintings in the making, one after the other, and paints visitors who ask for it. Choose what it shows, then open its address on the screen of the exhibition.",
  photos: "Photos",
  photosHelp: "These are painted, one after the other, in every style.",
  styles: "Styles",
  stylesHelp: "Visitors choose from these too.",
  photo: "photo",
  style: "style",
  own: (place: number) => `Your picture ${place}`,
  all: "All",
  allOf: (group: string) => `All ${group.toLowerCase()}`,
  none: "None",
  noneOf: (group: string) => `None of the ${group.toLowerCase()}`,
  empty: "Nothing is chosen here, so the kiosk uses all samples.",
  chosen: (count: number) => (count === 1 ? "1 chosen" : `${count} chosen`),
  uploading: "Uploading…",
  size: { title: "Size", help: "Longer side of the paintings in pixels. Larger paintings take longer." },
  steps: { title: "Steps", help: "How many steps each painting takes. More steps take longer." },
  seconds: { title: "Seconds on show", help: "How long a finished painting stays before the next one begins." },
  camera: { title: "Paint visitors", help: "Visitors can have their picture taken and painted. The screen needs a camera." },
  idle: { title: "Seconds to wait for a visitor", help: "After this time without a touch, the kiosk goes on by itself." },
  keep: {
    title: "Keep the paintings",
    help: "They stay in the gallery, visitors' paintings and photos included. Otherwise each is deleted after it has been shown, unless a visitor takes it home.",
  },
  hours: { title: "Hours to take home", help: "How long the link to a painting lasts that visitors take home by phone. 0 offers none." },
  phones: {
    title: "Address for phones",
    help: "The address under which visitors' phones reach this server, such as https://museum.example. Without it, visitors can take their painting home only where the kiosk's own address is not this computer's.",
    invalid: "Enter an address that begins with https:// or http://.",
  },
  language: "Language",
  browserLanguage: "The browser's",
  preview: "Preview",
  portrait: (caption: string) => `Upright screen: ${caption}`,
  landscape: (caption: string) => `Wide screen: ${caption}`,
  previewHelp: "The first photo, as it hangs just before it is painted.",
  address: "Address",
  addressHelp: "It holds everything chosen here. Open it in full screen on the computer that runs the server.",
  copy: "Copy the address of the kiosk",
  open: "Open the kiosk",
} as const;
