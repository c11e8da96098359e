/** What a lock screen may say: no name, no service, no reason. They come with the service worker, which knows no other words. */
export const notification = { title: "Alongside", text: "Something has changed" };
