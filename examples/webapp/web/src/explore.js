// Brings the chart maker once it is about to be seen: it is large, and not for phones.
// The page gives the element #walker the addresses of the chart maker and of the
// table, #walker-chart the chart to start from and #walker-look the colours; the form
// #save-chart takes the chart back as text when it is sent.
const root = document.getElementById("walker");
const status = document.getElementById("walker-status");
const save = document.getElementById("save-chart");
const json = (id) => JSON.parse(document.getElementById(id).textContent);

// chart gives the chart as it is, once the chart maker is there; untouched is how it
// was before the first touch.
let chart, untouched;
const now = () => JSON.stringify(chart?.());

async function start() {
  const [{ start: begin }, table] = await Promise.all([import(root.dataset.maker), fetch(root.dataset.table, { headers: { Accept: "application/json" } }).then((answer) => {
    if (!answer.ok) throw new Error(`${answer.status}`);
    return answer.json();
  })]);
  chart = begin(root, table, json("walker-chart"), json("walker-look"));
  root.dataset.ready = "true";
  status.hidden = true;
  save.querySelector("button").disabled = false;
}

const near = new IntersectionObserver((entries) => {
  if (!entries.some((entry) => entry.isIntersecting)) return;
  near.disconnect();
  start().catch((error) => {
    status.textContent = root.dataset.broken.replace("%s", error.message);
    console.error(error);
  });
}, { rootMargin: "200px" });
near.observe(root); // which has no place where the screen is narrow

// Its file is fetched while nothing else is to be done.
if (matchMedia("(min-width: 60rem)").matches && !navigator.connection?.saveData) {
  (window.requestIdleCallback ?? setTimeout)(() => {
    const link = document.createElement("link");
    Object.assign(link, { rel: "modulepreload", href: root.dataset.maker });
    document.head.append(link);
  });
}

for (const touch of ["pointerdown", "keydown"]) root.addEventListener(touch, () => { untouched ??= now(); }, { capture: true });
addEventListener("beforeunload", (event) => {
  if (untouched !== undefined && now() !== untouched) event.preventDefault();
});
save.addEventListener("submit", (event) => {
  const text = now();
  if (text === undefined) {
    event.preventDefault();
    return;
  }
  save.elements.spec.value = text;
  untouched = undefined;
});
