// Dark or light, before the first paint. Dark is the default of a control room; ?theme= forces one.
{
  const root = document.documentElement;
  const asked = new URLSearchParams(location.search);
  root.dataset.theme = asked.get("theme") ?? localStorage.getItem("theme") ?? "dark";
  const density = asked.get("density") ?? localStorage.getItem("density");
  if (density) root.dataset.density = density;
}
