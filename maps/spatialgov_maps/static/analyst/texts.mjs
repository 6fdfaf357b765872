// @ts-check
// Every text of the analyst's page but those of its tabs, English and Chinese side by side.

/** @type {Record<string, [english: string, chinese: string]>} */
export const ANALYST_TEXTS = {
  anTitle: ["Analysis", "研判分析"],
  anTabs: ["What to look at", "分析内容"],
  anIncidents: ["Incidents", "事件"],
  anCoverage: ["Coverage", "视频覆盖"],
  anArea: ["Area", "区域"],
  anEverywhere: ["All that I may see", "全部可见范围"],
  anMap: ["Map. The table below lists what it shows; everything can be reached from the keyboard.", "地图。下方表格列出图中内容，均可用键盘操作。"],
  anLegend: ["Legend", "图例"],
  anTable: ["Table of what the map shows", "图中内容列表"],
  anBusy: ["Computing …", "正在计算…"],
  anClose: ["Close", "关闭"],
  anRows: ["In view: {n} of {all}", "视野内 {n} 条，共 {all} 条"],
  anRowsCut: ["In view: {n} of {all}; the first {most} are listed", "视野内 {n} 条，共 {all} 条；列出前 {most} 条"],
  anNoRight: ["This account may not see this. It needs the permission “{right}”: ask the administrator.", "本账户无权查看，需要“{right}”权限，请联系管理员。"],
  anNewEdition: ["Edition {id} has been published. The page shows it now.", "第 {id} 版已发布，页面已更新。"],
  anNoWebGl: ["This browser can't draw the map: WebGL 2 is switched off.", "浏览器未启用 WebGL 2，无法绘制地图。"],

  anExport: ["Export", "导出"],
  anPicture: ["Picture of the map (PNG)", "地图图片（PNG）"],
  anPictureMade: ["made on {day}", "制作于 {day}"],
};
