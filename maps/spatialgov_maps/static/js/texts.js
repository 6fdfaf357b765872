// Every text of the pages, English and Chinese side by side.

/** @typedef {"en" | "zh"} Language */

/** @type {Record<string, [english: string, chinese: string]>} */
export const TEXTS = {
  skip: ["Skip to content", "跳到正文"],
  headline: ["Fair grids, sound evidence, one answer for every place", "网格划得公平，依据站得住脚，处处皆有归属"],
  what: [
    "Cuts a jurisdiction into managed grids, tells any location which grid it lies in, shows where incidents gather and what the cameras do not see, and recommends what to change.",
    "把辖区划分为管理网格，为任一位置找到所属网格，显示事件聚集之处和监控盲区，并给出调整建议。",
  ],
  tiles: ["Maps and data", "地图与数据"],
  planTile: ["Grid plan", "网格划分方案"],
  planTileText: [
    "Today’s published grids, and how evenly households are spread over them.",
    "现行发布的网格，以及各网格户数是否均衡。",
  ],
  heatTile: ["Incident heat map", "事件热力图"],
  heatTileText: [
    "Incidents per km², with the hot spots that chance does not explain.",
    "每平方公里事件数，以及随机无法解释的热点。",
  ],
  reports: ["Reports on incidents", "事件报告"],
  timesReport: ["By hour of the day", "分时段分布"],
  clockReport: ["Clock of the week", "一周时钟图"],
  spotsReport: ["Hot spots by three methods", "三种方法的热点"],
  changeReport: ["Before and after", "前后对比"],
  forecastReport: ["Forecast", "事件预测"],
  coverageTile: ["Camera coverage", "视频监控覆盖"],
  coverageTileText: [
    "Cameras, the ground they see, and the part of each grid that nobody sees.",
    "监控点、可见地面，以及各网格无人可见的部分。",
  ],
  recommendTile: ["Recommendations", "调整建议"],
  recommendTileText: [
    "Which grids carry too much or too little, and what to split or merge.",
    "哪些网格过重或过轻，哪些应拆分或合并。",
  ],
  onMap: ["Show on the map", "在地图上查看"],
  docsTile: ["API", "接口文档"],
  docsTileText: [
    "Every question that this service answers for other software, to read and to try.",
    "本服务为其他软件提供的全部接口，可阅读、可试用。",
  ],
  locateTitle: ["Where am I?", "我在哪个网格？"],
  locateText: [
    "Type a coordinate and say which datum it has; the answer is the chain down to the grid.",
    "输入坐标并注明坐标基准，即得从区县到网格的归属。",
  ],
  lon: ["Longitude (°)", "经度（°）"],
  lat: ["Latitude (°)", "纬度（°）"],
  datum: ["Datum", "坐标基准"],
  wgs84: ["WGS 84 (GPS, phones)", "WGS 84（GPS、手机）"],
  cgcs2000: ["CGCS2000 (Tianditu)", "CGCS2000（天地图）"],
  gcj02: ["GCJ-02 (AMap, Tencent)", "GCJ-02（高德、腾讯）"],
  bd09: ["BD-09 (Baidu)", "BD-09（百度）"],
  find: ["Find the grid", "查询网格"],
  example: ["Fill in an example", "填入示例"],
  promise: [
    "Places and counts only: no table, file or page of this service holds a person.",
    "只有地点和数量：本服务的任何表、文件和页面都不含个人信息。",
  ],
  closed: ["No page asks another host for anything.", "任何页面都不向其他主机请求内容。"],

  communities: ["communities", "社区"],
  units: ["basic units", "基本单元"],
  grids: ["grids", "网格"],
  incidents: ["incidents", "事件"],
  cameras: ["cameras", "监控点"],
  edition: ["Edition {id}, in force since {from}", "第 {id} 版，{from}起生效"],
  unpublished: ["No grids have been published yet.", "尚未发布网格。"],
  beginTitle: ["How to begin", "如何开始"],
  beginSample: ["See everything at work on a made-up city:", "先在虚构的样例城市上看看全部功能："],
  beginOwn: [
    "Or bring your own basic units, cut them into grids, and put the grids in force (with the --data-dir of this service):",
    "或导入自己的基本单元，划分网格并发布（--data-dir 须与本服务相同）：",
  ],
  home: ["Start page", "首页"],

  signIn: ["Sign in", "登录"],
  signOut: ["Sign out", "退出登录"],

  loading: ["Loading …", "正在加载……"],
  needsNumbers: ["Longitude and latitude must be numbers, in degrees.", "经度和纬度须为数字，单位为度。"],
  unreachable: ["The service does not answer.", "服务没有响应。"],
  district: ["District", "区县"],
  subdistrict: ["Subdistrict", "街道"],
  community: ["Community", "社区"],
  grid: ["Grid", "网格"],
  onBorder: [
    "This place lies on a border; it counts as part of this grid alone.",
    "该位置在边界上，只归属此网格。",
  ],
  echo: ["Coordinate read as {datum} · edition {edition}", "按 {datum}读取坐标 · 第 {edition} 版"],
  noAdvice: ["Nothing to change: every grid is within its limits.", "无需调整：各网格均在范围内。"],
  split: ["Split", "拆分"],
  dedicate: ["Make dedicated", "划为专属"],
  staff: ["Add posts", "增加岗位"],
  merge: ["Merge", "合并"],
  move: ["Move units", "调整单元"],
  moved: ["{n} households change grid", "涉及 {n} 户"],
  more: ["and {n} more, in the API", "另有 {n} 条，见接口"],
};
