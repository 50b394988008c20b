// Makes the pages quicker where scripts are on. Everything works without.
"use strict";

// What works by scripts alone is not there without.
for (const part of document.querySelectorAll("[data-scripted]")) part.hidden = false;

// Fields say what is right as soon as they are left: what the form would say, too.
for (const form of document.querySelectorAll("form[data-check]")) {
  form.addEventListener("change", async ({ target: input }) => {
    const field = input.closest(".field");
    if (!field || input.type === "radio") return;
    const value = input.value;
    const answer = await fetch(form.dataset.check, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok || input.value !== value) return; // the form itself will say it
    const says = field.querySelector("[role=status]");
    says.innerHTML = (await answer.json())[input.name] ?? "";
    const bad = says.textContent !== "";
    field.classList.toggle("bad", bad);
    input.setAttribute("aria-invalid", bad);
  });
}

// Uploads show how far they have come.
const upload = document.querySelector("form[data-upload]");
if (upload) {
  upload.addEventListener("submit", (event) => {
    const file = upload.elements.file.files[0];
    const error = upload.querySelector(".error");
    if (!file) {
      event.preventDefault();
      error.textContent = upload.dataset.none;
      return;
    }
    if (file.size > Number(upload.dataset.most)) {
      event.preventDefault();
      error.textContent = upload.dataset.large;
      return;
    }
    event.preventDefault();
    error.textContent = "";
    const bar = upload.querySelector("progress");
    const button = upload.querySelector("button");
    bar.hidden = false;
    button.disabled = true;
    const request = new XMLHttpRequest();
    request.open("POST", upload.action);
    request.upload.addEventListener("progress", (e) => { if (e.lengthComputable) { bar.max = e.total; bar.value = e.loaded; } });
    request.addEventListener("load", () => {
      if (request.status === 200 && new URL(request.responseURL).pathname !== new URL(upload.action).pathname) {
        location.assign(request.responseURL);
        return;
      }
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      error.textContent = page.querySelector("form[data-upload] .error, .message")?.textContent || upload.dataset.broken;
      bar.hidden = true;
      button.disabled = false;
    });
    request.addEventListener("error", () => {
      error.textContent = upload.dataset.broken;
      bar.hidden = true;
      button.disabled = false;
    });
    request.send(new FormData(upload));
  });
}

// Another set of customers is shown as soon as it is chosen.
const choice = document.querySelector("form[data-switch]");
if (choice) {
  choice.querySelector("button").hidden = true;
  choice.querySelector("select").addEventListener("change", () => choice.submit());
}

// Questions that change or delete something ask first, and need no page that asks again.
for (const button of document.querySelectorAll("button[data-confirm]")) {
  button.addEventListener("click", (event) => {
    if (!confirm(button.dataset.confirm)) {
      event.preventDefault();
      return;
    }
    button.name = "sure";
    button.value = "yes";
  });
}
